// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before a next hop is asked again within the patience of one message.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace sealgate::engine {

inline constexpr Duration kRetryDelayMin = std::chrono::seconds(2);
inline constexpr Duration kRetryDelayMax = std::chrono::seconds(30);

// After `attempts` (from 1) that failed: doubles with each.
constexpr Duration retry_delay(std::uint32_t attempts) {
  const std::uint32_t doublings = std::min(attempts - 1, 5U);
  return std::min(kRetryDelayMin * (1U << doublings), kRetryDelayMax);
}

}  // namespace sealgate::engine
