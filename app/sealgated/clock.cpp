// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/clock.h"

#include <ctime>

namespace sealgate::app {

TimePoint monotonic_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return TimePoint(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
}

Now read_clock() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return Now{monotonic_now(), WallTime(std::chrono::seconds(time.tv_sec))};
}

}  // namespace sealgate::app
