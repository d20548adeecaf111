// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/batch_window.h"

#include <algorithm>

#include "base/check.h"
#include "hsm/api/errors.h"

namespace sealgate::hsm {

Result<BatchWindow> BatchWindow::create(const Limits& limits) {
  if (limits.operations_max == 0 || limits.operations_max > kOperationsMax ||
      limits.delay_max < Duration::zero() || limits.delay_max > kDelayMax) {
    return kBatchLimitsInvalid;
  }
  return BatchWindow(limits);
}

void BatchWindow::add(Job* job) {
  const auto priority = static_cast<std::size_t>(job->operation.priority);
  SG_CHECK(priority < kPriorities);
  waiting_[priority].push_back(job);
  ++size_;
  earliest_deadline_ = std::min(earliest_deadline_, job->operation.deadline);
}

void BatchWindow::note_removed() {
  --size_;
  if (size_ == 0) earliest_deadline_ = TimePoint::max();
}

Job* BatchWindow::take() {
  for (std::deque<Job*>& queue : waiting_) {
    if (queue.empty()) continue;
    Job* const job = queue.front();
    queue.pop_front();
    note_removed();
    return job;
  }
  return nullptr;
}

Job* BatchWindow::take_expired(TimePoint now) {
  if (earliest_deadline_ >= now) return nullptr;
  for (std::deque<Job*>& queue : waiting_) {
    const auto found = std::find_if(queue.begin(), queue.end(),
                                    [&](const Job* job) { return job->operation.deadline < now; });
    if (found == queue.end()) continue;
    Job* const job = *found;
    queue.erase(found);
    note_removed();
    return job;
  }
  // The one with the earliest deadline was taken before: find the next.
  earliest_deadline_ = TimePoint::max();
  for (const std::deque<Job*>& queue : waiting_) {
    for (const Job* job : queue) {
      earliest_deadline_ = std::min(earliest_deadline_, job->operation.deadline);
    }
  }
  return nullptr;
}

bool BatchWindow::is_due(TimePoint now) const {
  return size_ >= limits_.operations_max || due_at() <= now;
}

TimePoint BatchWindow::due_at() const {
  TimePoint oldest = TimePoint::max();
  for (const std::deque<Job*>& queue : waiting_) {
    if (!queue.empty()) oldest = std::min(oldest, queue.front()->arrived + limits_.delay_max);
  }
  return oldest;
}

}  // namespace sealgate::hsm
