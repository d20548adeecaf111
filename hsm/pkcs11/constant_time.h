// SPDX-License-Identifier: Apache-2.0
//
// Choices without branches: for bytes that nobody may learn of by the time that is taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sealgate::hsm {

// All ones for yes, zero for no.
using Mask = std::uint32_t;

// The value, which the compiler takes for unknown from here on: else it may see that a mask has
// two values only and branch on it.
inline std::uint32_t opaque(std::uint32_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

// Whether `value` is zero.
inline Mask mask_zero(std::uint32_t value) {
  const std::uint32_t seen = opaque(value);
  return opaque(0U - ((~seen & (seen - 1U)) >> 31U));
}

inline Mask mask_equal(std::uint32_t left, std::uint32_t right) {
  return mask_zero(left ^ right);
}

inline std::uint8_t select(Mask mask, std::uint8_t yes, std::uint8_t no) {
  return static_cast<std::uint8_t>((yes & mask) | (no & ~mask));
}

// `to` becomes `yes` or stays. Requires: yes.size() >= to.size().
inline void select_into(MutableBytes to, Mask mask, ByteView yes) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = select(mask, yes[i], to[i]);
}

}  // namespace sealgate::hsm
