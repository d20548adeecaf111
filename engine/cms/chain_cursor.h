// SPDX-License-Identifier: Apache-2.0
//
// ChainCursor walks over the bytes of a chain in steps of the caller's size, so that hashing
// and encrypting a big message can be spread over turns (kTurnCryptoBytesMax):
//
//   while (budget > 0 && !cursor.is_at_end()) {
//     const ByteView piece = cursor.next(budget);
//     budget -= piece.size();
//     SG_TRY(sealer.update(piece));
//   }
#pragma once

#include <cstddef>

#include "base/segment.h"

namespace sealgate::engine::cms {

class ChainCursor {
 public:
  ChainCursor() = default;
  // Keeps its own share in the chain's segments.
  explicit ChainCursor(Chain chain) : chain_(std::move(chain)) {}

  bool is_at_end() const { return slice_ == chain_.slices().size(); }

  // The next bytes, at most `bytes_max` and never across a slice; empty only at the end or
  // with bytes_max == 0. Valid as long as the cursor.
  ByteView next(std::size_t bytes_max);

 private:
  Chain chain_;
  std::size_t slice_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace sealgate::engine::cms
