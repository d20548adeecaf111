// SPDX-License-Identifier: Apache-2.0
//
// What the threads of one token share: its state, its counters, and the bell of its dispatcher.
//
// Threading: any thread. The counters are relaxed: each is exact, no other memory hangs on them.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/check.h"
#include "base/ring.h"
#include "hsm/api/key_operation.h"
#include "hsm/api/token_status.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::hsm {

struct TokenShared {
  Doorbell dispatcher_bell;

  // Written by the dispatcher; a lane that finds its session lost turns Ready to Recovering.
  // Acquire and release pair with nothing but each other: the flag carries no other memory, a
  // stale reading costs one operation that fails.
  std::atomic<TokenState> state{TokenState::Recovering};
  // The CK_RV that ended Ready, for status().
  std::atomic<std::uint64_t> loss{0};
  // Whether jobs wait in the window: then a lane rings when it is about to run dry.
  std::atomic<bool> has_backlog{false};

  alignas(kCacheLineBytes) std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> operations_sign{0};
  std::atomic<std::uint64_t> operations_decrypt{0};
  std::atomic<std::uint64_t> operations_derive{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> deadlines_passed{0};
  std::atomic<std::uint64_t> verify_failures{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> recoveries{0};
  std::atomic<std::uint64_t> logins{0};

  // The counter of operations that were handed to the token.
  std::atomic<std::uint64_t>& operations_of(KeyAction action) {
    switch (action) {
      case KeyAction::SignDigest:
        return operations_sign;
      case KeyAction::DecryptKey:
        return operations_decrypt;
      case KeyAction::DeriveSecret:
        return operations_derive;
    }
    SG_CHECK(false);
  }

  void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace sealgate::hsm
