// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/waiting.h"

#include <algorithm>
#include <array>
#include <poll.h>

#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {
namespace {

constexpr std::int64_t kPollMillisMax = 3'600'000;

}  // namespace

Waited wait_for(int descriptor, std::int16_t events, const Patience& patience) {
  for (;;) {
    const Duration left = patience.until - hsm::monotonic_now();
    // Up, so that the last wait does not end before its time.
    const std::int64_t millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    std::array<pollfd, 2> watched{{{descriptor, events, 0}, {patience.stop_descriptor, POLLIN, 0}}};
    const int count = poll(watched.data(), watched.size(),
                           static_cast<int>(std::clamp<std::int64_t>(millis, 0, kPollMillisMax)));
    if (count > 0 && watched[1].revents != 0) return Waited::Stopped;
    if (count > 0) return Waited::Ready;
    if (left <= Duration::zero()) return Waited::TimeIsUp;
  }
}

}  // namespace sealgate::app
