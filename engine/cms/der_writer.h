// SPDX-License-Identifier: Apache-2.0
//
// DerWriter builds DER (X.690) front to back, with nested lengths that are filled in when an
// element ends. For the small structures around content; content itself is streamed, between
// a head and a tail, by its size (header_size, add_header).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace sealgate::engine::cms {

// Identifier octets (X.690, 8.1.2); tag numbers above 30 do not occur in CMS.
namespace tag {
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kOid = 0x06;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kConstructed = 0x20;

constexpr std::uint8_t context(std::uint8_t number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
constexpr std::uint8_t context_constructed(std::uint8_t number) {
  return static_cast<std::uint8_t>(0xA0U | number);
}
}  // namespace tag

// Size of identifier and length octets in front of `content_size` bytes.
std::size_t der_header_size(std::uint64_t content_size);

class DerWriter {
 public:
  // Opens an element; everything up to the matching end() is its content.
  void begin(std::uint8_t identifier);
  void end();

  // A whole element.
  void add(std::uint8_t identifier, ByteView content);
  // Only identifier and length: the content follows elsewhere.
  void add_header(std::uint8_t identifier, std::uint64_t content_size);
  // Bytes that are DER already.
  void add_encoded(ByteView der);
  void add_integer(std::uint32_t value);
  void add_bit_string(ByteView bytes);
  // UTCTime from 1950 to 2049, GeneralizedTime else (RFC 5652, 11.3). Requires: a year from
  // 1950 to 9999.
  void add_time(WallTime time);
  // SET OF under `identifier`, its elements in the order of X.690, 11.6.
  void add_set_of(std::uint8_t identifier, std::vector<Bytes> elements);

  std::size_t size() const { return bytes_.size(); }
  // Requires: each begin() has its end(). The writer is empty afterwards.
  Bytes take();

 private:
  // Most structures here fit at once: one allocation each.
  static constexpr std::size_t kBytesExpected = 512;
  // How deep the structures of CMS go, with room.
  static constexpr std::size_t kOpenMax = 16;

  void append(ByteView bytes);

  Bytes bytes_;
  std::array<std::size_t, kOpenMax> open_{};  // Where the content of each open element begins.
  std::size_t open_count_ = 0;
};

}  // namespace sealgate::engine::cms
