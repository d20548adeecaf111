// SPDX-License-Identifier: Apache-2.0
//
// quoted-printable (RFC 2045, 6.7). What is written survives every transport: no blank at a
// line end, no line that begins "From " or is a lone ".", at most 76 characters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/segment.h"

namespace sealgate::engine::mime {

// CRLF stays a line break; every other octet comes back exactly, a CR or LF alone included.
// The text does not depend on how the octets are cut.
class QuotedPrintableEncoder {
 public:
  // Both fail with kSegmentsExhausted.
  Result<void> update(ByteView octets, ChainWriter& to);
  // Where the octets do not end with CRLF, neither does the text.
  Result<void> finish(ChainWriter& to);

 private:
  Result<void> take(std::uint8_t octet, ChainWriter& to);
  Result<void> put(std::uint8_t octet, bool is_before_line_end, ChainWriter& to);
  Result<void> flush(ChainWriter& to);

  // The line being built, with room for a soft line break.
  std::array<std::uint8_t, 80> line_{};
  std::size_t line_count_ = 0;
  // Octets whose form depends on what follows: a blank, a CR, or a blank and a CR.
  std::array<std::uint8_t, 2> held_{};
  std::size_t held_count_ = 0;
};

// Tolerant: blanks before a line end are transport padding and go; "=" with no two hexadecimal
// digits behind it stays as it is; lower-case digits and bare LF line ends are taken.
class QuotedPrintableDecoder {
 public:
  void update(ByteView text, Bytes& to);
  void finish(Bytes& to);

 private:
  void take(std::uint8_t character, Bytes& to);
  void release(Bytes& to);

  // Blanks, "=" and what may belong to it, until the next character decides.
  Bytes held_;
};

Bytes decode_quoted_printable(ByteView text);

}  // namespace sealgate::engine::mime
