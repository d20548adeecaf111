// SPDX-License-Identifier: Apache-2.0
//
// Two kinds of time. Timeouts and measurements use TimePoint, which never jumps; dates in
// messages and certificates use WallTime. Both are handed in: only app/ reads a clock.
#pragma once

#include <chrono>

namespace sealgate {

using Duration = std::chrono::nanoseconds;

// Nanoseconds since an arbitrary start (CLOCK_MONOTONIC in the programs, zero in tests).
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicClock::time_point;

// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
using WallTime = std::chrono::sys_seconds;

struct Now {
  TimePoint monotonic;
  WallTime wall;
};

}  // namespace sealgate
