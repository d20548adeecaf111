// SPDX-License-Identifier: Apache-2.0
//
// BatchWindow holds the operations that wait for a lane, most urgent first, and says when they
// have to go to lanes that are still busy: when it is full, or when its oldest operation has
// waited `delay_max`. So a busy gateway sends full bursts and keeps every lane supplied. Idle
// lanes do not ask: they take work at once.
//
// Time is an argument: tests own the clock.
// Threading: one dispatcher thread owns a window.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "base/clock.h"
#include "base/result.h"
#include "hsm/api/key_operation.h"

namespace sealgate::hsm {

class ShardQueue;

// One operation on its way, with the queue that waits for its completion.
struct Job {
  KeyOperation operation;
  ShardQueue* queue = nullptr;
  TimePoint arrived;
};

class BatchWindow {
 public:
  static constexpr std::uint32_t kOperationsMax = 64;
  static constexpr Duration kDelayMax = std::chrono::milliseconds(10);

  struct Limits {
    std::uint32_t operations_max = 0;
    Duration delay_max{};
  };

  // Fails with kBatchLimitsInvalid if operations_max is zero, or a limit above the constants.
  static Result<BatchWindow> create(const Limits& limits);

  // Requires: `job` stays where it is until it is taken.
  void add(Job* job);
  // The oldest of the most urgent, or null.
  Job* take();
  // One whose deadline is before `now`, or null. A sweep only when there can be one.
  Job* take_expired(TimePoint now);

  bool is_due(TimePoint now) const;
  // When it falls due by waiting; TimePoint::max() when empty.
  TimePoint due_at() const;
  // No waiting operation's deadline is before this.
  TimePoint earliest_deadline() const { return earliest_deadline_; }

  bool is_empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kPriorities = 3;
  explicit BatchWindow(const Limits& limits) : limits_(limits) {}
  void note_removed();

  Limits limits_;
  std::array<std::deque<Job*>, kPriorities> waiting_;
  std::size_t size_ = 0;
  TimePoint earliest_deadline_ = TimePoint::max();
};

}  // namespace sealgate::hsm
