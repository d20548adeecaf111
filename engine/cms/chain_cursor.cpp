// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/chain_cursor.h"

#include <algorithm>

namespace sealgate::engine::cms {

ByteView ChainCursor::next(std::size_t bytes_max) {
  if (is_at_end()) return {};
  const ByteView slice = chain_.slices()[slice_].bytes;
  const std::size_t size = std::min(bytes_max, slice.size() - offset_);
  const ByteView piece = slice.subspan(offset_, size);
  offset_ += size;
  if (offset_ == slice.size()) {
    ++slice_;
    offset_ = 0;
  }
  return piece;
}

}  // namespace sealgate::engine::cms
