// SPDX-License-Identifier: Apache-2.0
//
// Doorbell lets one thread sleep until another has work for it, or until a time.
//
//   const std::uint32_t heard = bell.listen();
//   ... look for work; when there is none:
//   bell.wait(heard, until);   // Returns at once if it was rung since listen().
//
// Threading: one thread listens and waits, any number ring. Ringing costs one atomic addition
// while the listener is awake, a futex call when it sleeps; std::atomic::wait would do but has
// no timeout.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace sealgate::hsm {

// CLOCK_MONOTONIC.
TimePoint monotonic_now();

class Doorbell {
 public:
  static constexpr TimePoint kForever = TimePoint::max();

  std::uint32_t listen() const { return rings_.load(std::memory_order_seq_cst); }
  void ring();
  void wait(std::uint32_t heard, TimePoint until);

 private:
  // Both sequentially consistent: the ringer adds a ring and then looks for a sleeper, the sleeper
  // says that it sleeps and then looks for a ring. One of the two sees the other.
  std::atomic<std::uint32_t> rings_{0};
  std::atomic<std::uint32_t> is_asleep_{0};
};

}  // namespace sealgate::hsm
