// SPDX-License-Identifier: Apache-2.0
//
// The octets in front of streamed content: nested elements with definite lengths, outermost
// first, for content whose size is known and whose bytes follow elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace sealgate::engine::cms {

struct FrameLevel {
  std::uint8_t identifier = 0;
  ByteView front;         // DER inside this element, before the next level or the content.
  std::size_t after = 0;  // Size of what follows the next level inside this element.
};

Bytes encode_frame(std::span<const FrameLevel> levels, std::uint64_t content_size);

}  // namespace sealgate::engine::cms
