// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/subject_tag.h"

#include "engine/trust/utf8.h"

namespace sealgate::engine::policy {
namespace {

using trust::is_unprintable;
using trust::next_code_point;

constexpr std::u32string_view kOpening =
    U"[({<\uff3b\uff08\uff5b\uff1c\u3010\u3014\u3008\u300a\u300c\u300e\u27e8\u2329\u00ab";
constexpr std::u32string_view kClosing =
    U"])}>\uff3d\uff09\uff5d\uff1e\u3011\u3015\u3009\u300b\u300d\u300f\u27e9\u232a\u00bb";

// Full-width forms as ASCII, then simple lower case of Latin, Greek and Cyrillic.
char32_t fold(char32_t point) {
  if (point >= 0xff01 && point <= 0xff5e) point -= 0xfee0;
  const bool is_upper_ascii = point >= U'A' && point <= U'Z';
  const bool is_upper_latin = point >= 0xc0 && point <= 0xde && point != 0xd7;
  const bool is_upper_greek = point >= 0x391 && point <= 0x3a9;
  const bool is_upper_cyrillic = point >= 0x410 && point <= 0x42f;
  if (is_upper_ascii || is_upper_latin || is_upper_greek || is_upper_cyrillic) return point + 0x20;
  if (point >= 0x400 && point <= 0x40f) return point + 0x50;
  const bool is_even_pair =
      (point >= 0x100 && point <= 0x137) || (point >= 0x14a && point <= 0x177);
  if (is_even_pair) return point | 1U;
  const bool is_odd_pair = (point >= 0x139 && point <= 0x148) || (point >= 0x179 && point <= 0x17e);
  if (is_odd_pair) return point + (point & 1U);
  return point;
}

// The next code point that can be seen, white space overlooked. None at the end.
std::optional<char32_t> next_visible(std::string_view text, std::size_t& offset) {
  while (offset < text.size()) {
    const std::optional<char32_t> point = next_code_point(text, offset);
    if (!point) {
      ++offset;
      return 0xfffd;
    }
    if (!is_unprintable(*point)) return point;
  }
  return std::nullopt;
}

bool is_among(std::u32string_view set, std::optional<char32_t> point) {
  return point && set.find(*point) != std::u32string_view::npos;
}

// Whether `tag` and a closing bracket follow at `offset`; then `offset` is behind them.
bool take_tag(std::string_view subject, std::string_view tag, std::size_t& offset) {
  std::size_t in_tag = 0;
  while (const std::optional<char32_t> wanted = next_visible(tag, in_tag)) {
    const std::optional<char32_t> found = next_visible(subject, offset);
    if (!found || fold(*found) != fold(*wanted)) return false;
  }
  return is_among(kClosing, next_visible(subject, offset));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Takes out subject[offset, offset + length) and one of two blanks that then meet; where.
std::size_t cut(std::string& subject, const TagPlace& place) {
  std::size_t begin = place.offset;
  std::size_t end = place.offset + place.length;
  const bool starts = begin == 0;
  const bool blank_before = !starts && is_blank(subject[begin - 1]);
  if (starts || blank_before) {
    while (end < subject.size() && is_blank(subject[end])) ++end;
  }
  if (end == subject.size()) {
    while (begin > 0 && is_blank(subject[begin - 1])) --begin;
  }
  subject.erase(begin, end - begin);
  return begin;
}

std::optional<TagPlace> find_from(std::string_view subject, std::string_view tag,
                                  std::size_t offset) {
  while (offset < subject.size()) {
    const std::size_t begin = offset;
    const std::optional<char32_t> point = next_code_point(subject, offset);
    if (!point) ++offset;
    if (!is_among(kOpening, point)) continue;
    std::size_t end = offset;
    if (take_tag(subject, tag, end)) return TagPlace{.offset = begin, .length = end - begin};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TagPlace> find_subject_tag(std::string_view subject, std::string_view tag) {
  return find_from(subject, tag, 0);
}

std::string remove_subject_tag(std::string_view subject, std::string_view tag) {
  // A removal may bring a tag together, which the next pass finds. Nobody nests them deeper.
  constexpr int kPassesMax = 10;
  std::string result(subject);
  for (int pass = 0; pass < kPassesMax; ++pass) {
    std::size_t from = 0;
    bool is_changed = false;
    while (const std::optional<TagPlace> place = find_from(result, tag, from)) {
      from = cut(result, *place);
      is_changed = true;
    }
    if (!is_changed) break;
  }
  return result;
}

}  // namespace sealgate::engine::policy
