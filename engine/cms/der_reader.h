// SPDX-License-Identifier: Apache-2.0
//
// DerReader walks over BER or DER (X.690) without copying. It is made for bytes from
// strangers: every length is checked against what is there, nesting and the number of
// elements are bounded, indefinite lengths are found within these bounds.
//
//   DerReader reader(bytes, Encoding::Der);
//   DerReader signed_data = SG_TRY(reader.enter(tag::kSequence));
//   const DerElement version = SG_TRY(signed_data.next(tag::kInteger));
//
// Threading: none; a reader is a value. Results are views into the bytes that were given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace sealgate::engine::cms {

enum class Encoding : std::uint8_t {
  Der,  // Definite lengths in their shortest form; strings are primitive.
  Ber,  // Also indefinite and padded lengths.
};

struct DerElement {
  std::uint8_t identifier = 0;  // Class, constructed bit and number, as in tag::.
  bool is_indefinite = false;
  ByteView content;  // Without the end-of-contents octets of an indefinite length.
  ByteView whole;    // With identifier, length and end-of-contents octets.

  bool is_constructed() const { return (identifier & 0x20U) != 0; }
};

class DerReader {
 public:
  // CMS in CMS in a certificate's extension stays far below it.
  static constexpr std::uint32_t kDepthMax = 32;
  // How many elements a reader, and each that it lets enter, may look at to find the ends of
  // indefinite lengths: 1 GiB that was streamed in chunks of 1 KiB has a million.
  static constexpr std::uint32_t kScannedElementsMax = 4'000'000;

  DerReader(ByteView bytes, Encoding encoding) : rest_(bytes), encoding_(encoding) {}

  bool is_at_end() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }

  // The identifier of the next element; nothing at the end.
  std::optional<std::uint8_t> peek() const;

  // The next element, of any kind or of the kind asked for. Fails with kDerMalformed,
  // kDerTooDeep, kDerTooComplex; the reader stays where it was.
  Result<DerElement> next();
  Result<DerElement> next(std::uint8_t identifier);
  // The next element if it is of this kind; else nothing, and the reader stays.
  Result<std::optional<DerElement>> next_if(std::uint8_t identifier);

  // A reader over the content of the next element, or of one that next() gave. Fails too with
  // kDerTooDeep.
  Result<DerReader> enter(std::uint8_t identifier);
  Result<DerReader> enter(const DerElement& element) const;

  // Fails with kDerMalformed unless everything was read.
  Result<void> finish() const;

 private:
  Result<std::size_t> find_end(ByteView bytes);

  ByteView rest_;
  Encoding encoding_;
  std::uint32_t depth_ = 0;
  std::uint32_t scanned_ = 0;
};

// The value of a small INTEGER's content (DER rules). Fails with kDerMalformed if it is
// negative, not in shortest form, or above 2^32 - 1.
Result<std::uint32_t> read_small_integer(ByteView content);

// The bytes of an OCTET STRING, primitive or (BER) in parts, one after the other in `to`.
// Fails with kDerMalformed.
Result<void> append_octets(const DerReader& reader, const DerElement& element, Bytes& to);

}  // namespace sealgate::engine::cms
