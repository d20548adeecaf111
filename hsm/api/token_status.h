// SPDX-License-Identifier: Apache-2.0
//
// How the tokens are doing: a copy taken at one moment, for `sealgate status` and metrics.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace sealgate::hsm {

enum class TokenState : std::uint8_t {
  Ready,
  Recovering,  // Gone or not yet found; tried again with growing pauses.
  Refused,     // The PIN was refused: nothing is tried until a restart.
};

// Counted since the start; each counter alone is exact, together they may be a moment apart.
struct TokenCounters {
  std::uint64_t operations = 0;  // Completed, with whatever outcome.
  // Handed to the token, by action: with one, the token made one signature, decryption or
  // derivation, whatever came of it.
  std::uint64_t operations_sign = 0;
  std::uint64_t operations_decrypt = 0;
  std::uint64_t operations_derive = 0;
  std::uint64_t failures = 0;          // Of the operations: not Done.
  std::uint64_t deadlines_passed = 0;  // Of these: DeadlinePassed.
  std::uint64_t verify_failures = 0;   // Signatures that did not verify and were not used.
  std::uint64_t batches = 0;           // Bursts handed to lanes.
  std::uint64_t recoveries = 0;        // How often the token came back.
  std::uint64_t logins = 0;            // C_Login calls.
  std::uint64_t queue_depth = 0;       // Taken and not completed.
};

struct TokenStatus {
  std::string uri;    // As configured.
  std::string label;  // "" until the token was found once.
  TokenState state = TokenState::Recovering;
  const ErrorKind* error = nullptr;  // Why it is not ready.
  std::int64_t detail = 0;
  std::uint32_t lanes = 0;
  std::uint32_t keys = 0;
  TokenCounters counters;
};

}  // namespace sealgate::hsm
