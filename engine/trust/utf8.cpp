// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/utf8.h"

#include <array>
#include <cstdint>

namespace sealgate::engine::trust {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: categories Zs, Zl, Zp, Cc, Cf (as far as they hide or reorder text), Hangul
// fillers, variation selectors, specials and tags.
constexpr std::array kUnprintable = {
    Range{0x00, 0x20},         Range{0x7f, 0xa0},       Range{0xad, 0xad},
    Range{0x034f, 0x034f},     Range{0x061c, 0x061c},   Range{0x115f, 0x1160},
    Range{0x1680, 0x1680},     Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},
    Range{0x2000, 0x200f},     Range{0x2028, 0x202f},   Range{0x205f, 0x206f},
    Range{0x3000, 0x3000},     Range{0x3164, 0x3164},   Range{0xd800, 0xdfff},
    Range{0xfe00, 0xfe0f},     Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},
    Range{0xfff0, 0xffff},     Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff},
    Range{0x10fffe, 0x10ffff},
};

// Length of the sequence that `lead` begins, and the bits of the code point in it.
struct Lead {
  std::size_t length = 0;
  char32_t bits = 0;
  char32_t smallest = 0;  // Below this the form is overlong.
};

Lead read_lead(std::uint8_t lead) {
  if (lead < 0x80) return {.length = 1, .bits = lead, .smallest = 0};
  if (lead >= 0xc2 && lead < 0xe0) return {.length = 2, .bits = lead & 0x1fU, .smallest = 0x80};
  if (lead >= 0xe0 && lead < 0xf0) return {.length = 3, .bits = lead & 0x0fU, .smallest = 0x800};
  if (lead >= 0xf0 && lead < 0xf5) return {.length = 4, .bits = lead & 0x07U, .smallest = 0x10000};
  return {};
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& offset) {
  if (offset >= text.size()) return std::nullopt;
  const Lead lead = read_lead(static_cast<std::uint8_t>(text[offset]));
  if (lead.length == 0 || lead.length > text.size() - offset) return std::nullopt;
  char32_t point = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[offset + i]);
    if ((byte & 0xc0U) != 0x80U) return std::nullopt;
    point = (point << 6U) | (byte & 0x3fU);
  }
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < lead.smallest || point > 0x10ffff || is_surrogate) return std::nullopt;
  offset += lead.length;
  return point;
}

bool is_unprintable(char32_t code_point) {
  for (const Range& range : kUnprintable) {
    if (code_point >= range.first && code_point <= range.last) return true;
  }
  return false;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string shown;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t begin = offset;
    const std::optional<char32_t> point = next_code_point(text, offset);
    std::string_view piece = "?";
    if (!point) {
      offset = begin + 1;
    } else if (*point == ' ' || !is_unprintable(*point)) {
      piece = text.substr(begin, offset - begin);
    }
    if (shown.size() + piece.size() > bytes_max) break;
    shown += piece;
  }
  return shown;
}

}  // namespace sealgate::engine::trust
