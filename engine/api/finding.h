// SPDX-License-Identifier: Apache-2.0
//
// A finding is a property of a message that policy may judge. Readers report findings and go
// on; they never decide.
#pragma once

#include <cstdint>
#include <string_view>

namespace sealgate::engine {

enum class FindingKind : std::uint8_t {
  HeaderLineWithoutColon,  // Ends the header; the body begins with it.
  HeaderTooLarge,          // Above kHeaderBytesMax or kHeaderFieldsMax.
  HeaderHasEightBit,       // Raw 8-bit in a header without SMTPUTF8 (RFC 6532 asks for it).
  HeaderHasNul,
  BareCarriageReturn,  // In content: cannot be carried in canonical form.
  BareLineFeed,
  NulByte,
  LineTooLong,           // Above 998 octets (RFC 5322, 2.1.1).
  EightBitUndeclared,    // 8-bit octets under a 7bit Content-Transfer-Encoding.
  EncodingUnknown,       // A Content-Transfer-Encoding RFC 2045 does not name.
  EncodingOnMultipart,   // base64 or quoted-printable on a multipart (RFC 2045, 6.4).
  ContentTypeMalformed,  // Treated as text/plain; us-ascii or as application/octet-stream.
  BoundaryMissing,       // A multipart without (usable) boundary: an opaque leaf.
  BoundaryNeverClosed,   // The closing delimiter is absent.
  TooManyParts,          // Above kPartsMax: the rest is an opaque leaf.
  TooDeep,               // Above kPartDepthMax: what is below is an opaque leaf.
  FieldRepeated,         // From, To, Subject, Date, Content-Type ... more than once.
  FromMissing,
  FromMalformed,
};

// Stable name, for explain and the log: "mime.header_line_without_colon".
std::string_view name_of(FindingKind kind);

struct Finding {
  FindingKind kind{};
  std::uint32_t part = 0;  // Index of the part it is about; 0 is the message itself.
};

}  // namespace sealgate::engine
