// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/der_reader.h"

#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"

namespace sealgate::engine::cms {
namespace {

struct Header {
  std::uint8_t identifier = 0;
  bool is_indefinite = false;
  std::size_t size = 0;            // Identifier and length octets.
  std::uint64_t content_size = 0;  // Not above what follows; 0 where indefinite.
};

// X.690, 8.14 and 10.2: only SEQUENCE, SET, EXTERNAL and EMBEDDED PDV are constructed in DER.
bool is_form_allowed(std::uint8_t identifier, Encoding encoding) {
  constexpr std::uint8_t kExternal = 8;
  constexpr std::uint8_t kEmbedded = 11;
  constexpr std::uint8_t kSequence = 16;
  constexpr std::uint8_t kSet = 17;
  const bool is_universal = (identifier & 0xC0U) == 0;
  if (!is_universal) return true;
  const std::uint8_t number = identifier & 0x1FU;
  if (number == 0) return false;  // End-of-contents where an element has to be.
  const bool is_constructed = (identifier & tag::kConstructed) != 0;
  if (number == kSequence || number == kSet) return is_constructed;
  if (number == kExternal || number == kEmbedded) return true;
  return !is_constructed || encoding == Encoding::Ber;
}

Result<std::uint64_t> read_long_length(ByteView octets, Encoding encoding) {
  std::uint64_t length = 0;
  for (const std::uint8_t octet : octets) length = length << 8U | octet;
  const bool is_shortest = octets[0] != 0 && length >= 0x80;
  if (encoding == Encoding::Der && !is_shortest) return kDerMalformed;
  return length;
}

Result<Header> read_header(ByteView bytes, Encoding encoding) {
  if (bytes.size() < 2) return kDerMalformed;
  Header header{.identifier = bytes[0], .is_indefinite = false, .size = 2, .content_size = 0};
  const bool is_high_number = (header.identifier & 0x1FU) == 0x1FU;
  if (is_high_number || !is_form_allowed(header.identifier, encoding)) return kDerMalformed;

  const std::uint8_t first = bytes[1];
  if (first < 0x80) {
    header.content_size = first;
  } else if (first == 0x80) {
    const bool is_constructed = (header.identifier & tag::kConstructed) != 0;
    if (encoding == Encoding::Der || !is_constructed) return kDerMalformed;
    header.is_indefinite = true;
  } else {
    const std::size_t count = first & 0x7FU;
    if (count > sizeof(std::uint64_t) || bytes.size() - 2 < count) return kDerMalformed;
    header.content_size = SG_TRY(read_long_length(bytes.subspan(2, count), encoding));
    header.size += count;
  }
  if (header.content_size > bytes.size() - header.size) return kDerMalformed;
  return header;
}

bool begins_with_end(ByteView bytes) {
  return bytes.size() >= 2 && bytes[0] == 0 && bytes[1] == 0;
}

}  // namespace

std::optional<std::uint8_t> DerReader::peek() const {
  if (rest_.empty()) return std::nullopt;
  return rest_.front();
}

// The size of the content of an indefinite length. Only elements of indefinite length have to
// be looked into, so a counter stands for the stack.
Result<std::size_t> DerReader::find_end(ByteView bytes) {
  std::size_t position = 0;
  std::uint32_t open = 1;
  while (true) {
    const ByteView rest = bytes.subspan(position);
    if (++scanned_ > kScannedElementsMax) return kDerTooComplex;
    if (begins_with_end(rest)) {
      if (--open == 0) return position;
      position += 2;
      continue;
    }
    const Header header = SG_TRY(read_header(rest, encoding_));
    if (header.is_indefinite && ++open + depth_ > kDepthMax) return kDerTooDeep;
    position += header.size + static_cast<std::size_t>(header.content_size);
  }
}

Result<DerElement> DerReader::next() {
  const Header header = SG_TRY(read_header(rest_, encoding_));
  std::size_t content_size = static_cast<std::size_t>(header.content_size);
  std::size_t end_size = 0;
  if (header.is_indefinite) {
    content_size = SG_TRY(find_end(rest_.subspan(header.size)));
    end_size = 2;
  }
  const DerElement element{.identifier = header.identifier,
                           .is_indefinite = header.is_indefinite,
                           .content = rest_.subspan(header.size, content_size),
                           .whole = rest_.first(header.size + content_size + end_size)};
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

Result<DerElement> DerReader::next(std::uint8_t identifier) {
  if (peek() != identifier) return kDerMalformed;
  return next();
}

Result<std::optional<DerElement>> DerReader::next_if(std::uint8_t identifier) {
  if (peek() != identifier) return std::optional<DerElement>();
  const DerElement element = SG_TRY(next());
  return std::optional<DerElement>(element);
}

Result<DerReader> DerReader::enter(std::uint8_t identifier) {
  DerReader ahead = *this;
  const DerElement element = SG_TRY(ahead.next(identifier));
  const DerReader inside = SG_TRY(ahead.enter(element));
  *this = ahead;
  return inside;
}

Result<DerReader> DerReader::enter(const DerElement& element) const {
  if (!element.is_constructed()) return kDerMalformed;
  if (depth_ + 1 > kDepthMax) return kDerTooDeep;
  DerReader inside = *this;
  inside.rest_ = element.content;
  inside.depth_ = depth_ + 1;
  return inside;
}

Result<void> DerReader::finish() const {
  if (!rest_.empty()) return kDerMalformed;
  return {};
}

Result<std::uint32_t> read_small_integer(ByteView content) {
  if (content.empty() || content.size() > 5 || (content[0] & 0x80U) != 0) return kDerMalformed;
  const bool has_zero_in_front = content.size() > 1 && content[0] == 0;
  if (has_zero_in_front && (content[1] & 0x80U) == 0) return kDerMalformed;
  if (content.size() == 5 && content[0] != 0) return kDerMalformed;
  std::uint32_t value = 0;
  for (const std::uint8_t octet : content) value = value << 8U | octet;
  return value;
}

Result<void> append_octets(const DerReader& reader, const DerElement& element, Bytes& to) {
  if (!element.is_constructed()) {
    to.insert(to.end(), element.content.begin(), element.content.end());
    return {};
  }
  DerReader parts = SG_TRY(reader.enter(element));
  while (!parts.is_at_end()) {
    const DerElement part = SG_TRY(parts.next());
    const bool is_octet_string = (part.identifier & ~tag::kConstructed) == tag::kOctetString;
    if (!is_octet_string) return kDerMalformed;
    SG_TRY(append_octets(parts, part, to));
  }
  return {};
}

}  // namespace sealgate::engine::cms
