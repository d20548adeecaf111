// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/doorbell.h"

#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sealgate::hsm {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace

TimePoint monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

void Doorbell::ring() {
  rings_.fetch_add(1, std::memory_order_seq_cst);
  if (is_asleep_.load(std::memory_order_seq_cst) == 0) return;
  syscall(SYS_futex, &rings_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

void Doorbell::wait(std::uint32_t heard, TimePoint until) {
  is_asleep_.store(1, std::memory_order_seq_cst);
  if (rings_.load(std::memory_order_seq_cst) == heard) {
    timespec at{};
    const auto since_start = until.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
    at.tv_sec = seconds.count();
    at.tv_nsec = (since_start - seconds).count();
    // Whatever it returns (a ring came first, a signal, the time is up), the caller looks again.
    // WAIT_BITSET, because it takes an absolute time.
    syscall(SYS_futex, &rings_, FUTEX_WAIT_BITSET_PRIVATE, heard, until == kForever ? nullptr : &at,
            nullptr, FUTEX_BITSET_MATCH_ANY);
  }
  is_asleep_.store(0, std::memory_order_seq_cst);
}

}  // namespace sealgate::hsm
