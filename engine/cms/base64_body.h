// SPDX-License-Identifier: Apache-2.0
//
// Base64Body writes bytes as lines of base64 (RFC 2045, 6.8: 76 columns, CRLF) straight into
// segments. Bytes that do not fill a group of lines wait in a small buffer, so that any
// chunking gives the same text.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "base/segment.h"

namespace sealgate::engine::cms {

class Base64Body {
 public:
  // What one line holds.
  static constexpr std::size_t kLineBytes = 57;

  explicit Base64Body(SegmentPool& pool) : writer_(pool) {}

  // Fails with kSegmentsExhausted; the body is lost then.
  Result<void> update(ByteView bytes);
  // The text, with CRLF at its end (empty for no bytes). Nothing may follow.
  Result<Chain> finish();

 private:
  Result<void> write_lines(ByteView bytes);

  ChainWriter writer_;
  std::array<std::uint8_t, kLineBytes> waiting_{};
  std::size_t waiting_size_ = 0;
};

}  // namespace sealgate::engine::cms
