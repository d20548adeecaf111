// SPDX-License-Identifier: Apache-2.0
//
// TimerHeap knows which connection's deadline comes next. Deadlines mostly move further away, and
// that costs one assignment: an entry that comes up too early is put back.
//
// Threading: one shard thread. Invariant: entries grow only when a deadline comes nearer than the
// connection's earliest entry, so there are at most a few for each connection; those of forgotten
// connections go before they outnumber the others, however fast connections come and go.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

class TimerHeap {
 public:
  // Sets the one deadline of `connection`; TimePoint::max() is none.
  void arm(ConnectionId connection, TimePoint deadline) {
    Timer& timer = timers_[connection];
    timer.deadline = deadline;
    if (deadline == TimePoint::max() || deadline >= timer.entered_at) return;
    timer.entered_at = deadline;
    push(deadline, connection);
  }

  void forget(ConnectionId connection) {
    timers_.erase(connection);
    if (heap_.size() > 2 * timers_.size() + kEntriesKept) drop_stale_entries();
  }

  // A connection whose deadline has passed, each once, or nothing.
  std::optional<ConnectionId> take_due(TimePoint now) {
    while (!heap_.empty() && heap_.front().first <= now) {
      const auto [at, connection] = pop();
      const auto found = timers_.find(connection);
      // Gone, or this entry has been overtaken by an earlier one.
      if (found == timers_.end() || found->second.entered_at != at) continue;
      Timer& timer = found->second;
      timer.entered_at = TimePoint::max();
      if (timer.deadline <= now) {
        timer.deadline = TimePoint::max();
        return connection;
      }
      arm(connection, timer.deadline);
    }
    return {};
  }

  // Not after the next deadline.
  std::optional<TimePoint> next() const {
    if (heap_.empty()) return {};
    return heap_.front().first;
  }

  std::size_t entry_count() const { return heap_.size(); }

  // As many entries may be without use before anybody looks.
  static constexpr std::size_t kEntriesKept = 64;

 private:
  struct Timer {
    TimePoint deadline = TimePoint::max();
    TimePoint entered_at = TimePoint::max();
  };
  using Entry = std::pair<TimePoint, ConnectionId>;

  // Entries that take_due() would skip.
  void drop_stale_entries() {
    std::erase_if(heap_, [&](const Entry& entry) {
      const auto found = timers_.find(entry.second);
      return found == timers_.end() || found->second.entered_at != entry.first;
    });
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  void push(TimePoint at, ConnectionId connection) {
    heap_.emplace_back(at, connection);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  Entry pop() {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }

  std::map<ConnectionId, Timer> timers_;
  std::vector<Entry> heap_;
};

}  // namespace sealgate::netio
