// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/receive_room.h"

#include <algorithm>

namespace sealgate::netio {

Slice ReceiveRoom::take(std::size_t length) {
  // The next receive begins on a cache line of its own: it is written while this one is read.
  constexpr std::size_t kLineBytes = 64;
  const MutableBytes bytes = rest();
  SG_CHECK(length <= bytes.size());
  const std::size_t used = (length + kLineBytes - 1) / kLineBytes * kLineBytes;
  offset_ = std::min(offset_ + used, kSegmentBytes);
  return Slice{.owner = segment_, .bytes = bytes.first(length)};
}

}  // namespace sealgate::netio
