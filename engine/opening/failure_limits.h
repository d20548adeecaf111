// SPDX-License-Identifier: Apache-2.0
//
// Counts messages that could not be opened, by sender and by key. Whoever probes a key has to
// send thousands of messages that fail; above a limit the token is not asked any more. In memory
// and of bounded size.
//
// Threading: one shard; each counts for itself.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/clock.h"

namespace sealgate::engine::opening {

class FailureLimits {
 public:
  // Names counted at once; the oldest make room.
  static constexpr std::size_t kNamesMax = 100'000;

  explicit FailureLimits(Duration window) : window_(window) {}

  // Whether `name` has failed `limit` times within the window.
  bool is_reached(const std::string& name, std::uint32_t limit, TimePoint now);
  // Counts one failure. True for the one that reaches `limit`: an alarm is due.
  bool count(const std::string& name, std::uint32_t limit, TimePoint now);

  std::size_t size() const { return counts_.size(); }

 private:
  struct Count {
    TimePoint begun_at;
    std::uint32_t failures = 0;
  };
  struct Age {
    std::string name;
    TimePoint begun_at;
  };
  void expire(TimePoint now);

  Duration window_;
  std::map<std::string, Count> counts_;
  std::deque<Age> ages_;  // Oldest first.
};

}  // namespace sealgate::engine::opening
