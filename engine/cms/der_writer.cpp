// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/der_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace sealgate::engine::cms {
namespace {

struct LengthOctets {
  std::array<std::uint8_t, 9> bytes{};
  std::size_t size = 0;
};

// X.690, 10.1: the shortest form.
LengthOctets length_octets(std::uint64_t length) {
  LengthOctets octets;
  if (length < 0x80) {
    octets.bytes[0] = static_cast<std::uint8_t>(length);
    octets.size = 1;
    return octets;
  }
  std::size_t count = 0;
  for (std::uint64_t rest = length; rest != 0; rest >>= 8U) ++count;
  octets.bytes[0] = static_cast<std::uint8_t>(0x80U | count);
  for (std::size_t i = 0; i < count; ++i) {
    octets.bytes[count - i] = static_cast<std::uint8_t>(length >> (8U * i));
  }
  octets.size = count + 1;
  return octets;
}

void append_digits(Bytes& to, unsigned value, unsigned digits) {
  unsigned divisor = 1;
  for (unsigned i = 1; i < digits; ++i) divisor *= 10;
  for (; divisor != 0; divisor /= 10) {
    to.push_back(static_cast<std::uint8_t>('0' + value / divisor % 10));
  }
}

}  // namespace

std::size_t der_header_size(std::uint64_t content_size) {
  return 1 + length_octets(content_size).size;
}

void DerWriter::append(ByteView bytes) {
  if (bytes_.capacity() == 0) bytes_.reserve(std::max(kBytesExpected, bytes.size()));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void DerWriter::begin(std::uint8_t identifier) {
  SG_CHECK(open_count_ < kOpenMax);
  append({&identifier, 1});
  open_[open_count_++] = bytes_.size();
}

void DerWriter::end() {
  SG_CHECK(open_count_ > 0);
  const std::size_t start = open_[--open_count_];
  const LengthOctets length = length_octets(bytes_.size() - start);
  bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(start), length.bytes.begin(),
                length.bytes.begin() + static_cast<std::ptrdiff_t>(length.size));
}

void DerWriter::add(std::uint8_t identifier, ByteView content) {
  add_header(identifier, content.size());
  append(content);
}

void DerWriter::add_header(std::uint8_t identifier, std::uint64_t content_size) {
  const LengthOctets length = length_octets(content_size);
  append({&identifier, 1});
  append(ByteView(length.bytes).first(length.size));
}

void DerWriter::add_encoded(ByteView der) {
  append(der);
}

void DerWriter::add_integer(std::uint32_t value) {
  // A leading zero keeps a set high bit from meaning "negative".
  std::array<std::uint8_t, 5> octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    octets[4 - i] = static_cast<std::uint8_t>(value >> (8U * i));
  }
  std::size_t skip = 0;
  while (skip < 4 && octets[skip] == 0 && (octets[skip + 1] & 0x80U) == 0) ++skip;
  add(tag::kInteger, ByteView(octets).subspan(skip));
}

void DerWriter::add_bit_string(ByteView bytes) {
  begin(tag::kBitString);
  bytes_.push_back(0);  // No unused bits.
  add_encoded(bytes);
  end();
}

void DerWriter::add_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  SG_CHECK(year >= 1950 && year <= 9999);

  const bool is_utc_time = year < 2050;
  begin(is_utc_time ? tag::kUtcTime : tag::kGeneralizedTime);
  if (is_utc_time) {
    append_digits(bytes_, static_cast<unsigned>(year % 100), 2);
  } else {
    append_digits(bytes_, static_cast<unsigned>(year), 4);
  }
  append_digits(bytes_, static_cast<unsigned>(date.month()), 2);
  append_digits(bytes_, static_cast<unsigned>(date.day()), 2);
  append_digits(bytes_, static_cast<unsigned>(clock.hours().count()), 2);
  append_digits(bytes_, static_cast<unsigned>(clock.minutes().count()), 2);
  append_digits(bytes_, static_cast<unsigned>(clock.seconds().count()), 2);
  bytes_.push_back('Z');
  end();
}

void DerWriter::add_set_of(std::uint8_t identifier, std::vector<Bytes> elements) {
  // X.690, 11.6 pads the shorter with zeros; complete encodings are never prefixes of each
  // other, so plain lexicographic order is the same.
  std::sort(elements.begin(), elements.end());
  begin(identifier);
  for (const Bytes& element : elements) add_encoded(element);
  end();
}

Bytes DerWriter::take() {
  SG_CHECK(open_count_ == 0);
  return std::exchange(bytes_, Bytes());
}

}  // namespace sealgate::engine::cms
