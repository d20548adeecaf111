// SPDX-License-Identifier: Apache-2.0
//
// quoted-printable (RFC 2045, 6.7). What is written survives every transport: no blank at a
// line end, no line that begins "From " or is a lone ".", at most 76 characters. And it stays the
// part that it is: no line begins "--", as the delimiter of a multipart around it does, whatever
// the text was encoded in before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
  // How many of the next octets stand for themselves on this line: what needs no thought.
  std::size_t plain_run(ByteView octets) const;
  Result<void> take(std::uint8_t octet, ChainWriter& to);
  Result<void> put_plain(std::uint8_t octet, ChainWriter& to);
  Result<void> put_escaped(std::uint8_t octet, ChainWriter& to);
  Result<void> put(std::string_view characters, ChainWriter& to);
  Result<void> end_line(std::string_view line_end, ChainWriter& to);

  std::string line_;  // The line being built.
  // What takes its form from the octet behind it: a blank, a CR, or a blank and a CR.
  std::uint8_t blank_ = 0;
  bool has_blank_ = false;
  bool has_cr_ = false;
};

// Tolerant: blanks before a line end are transport padding and go; "=" with no two hexadecimal
// digits behind it stays as it is; lower-case digits and bare LF line ends are taken.
class QuotedPrintableDecoder {
 public:
  void update(ByteView text, Bytes& to);
  void finish(Bytes& to);

 private:
  void take(std::uint8_t character, Bytes& to);
  bool take_after_equals(std::uint8_t character, Bytes& to);
  bool take_after_blanks(std::uint8_t character, Bytes& to);
  void release(Bytes& to);

  // Blanks, "=" and what may belong to it, until the next character decides.
  Bytes held_;
};

Bytes decode_quoted_printable(ByteView text);

}  // namespace sealgate::engine::mime
