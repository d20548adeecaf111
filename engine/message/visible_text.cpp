// SPDX-License-Identifier: Apache-2.0
#include "engine/message/visible_text.h"

#include <algorithm>
#include <cstdint>

namespace sealgate::engine {
namespace {

std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

// Octets of the well-formed UTF-8 sequence that `text` begins with; 0 if there is none.
// Unicode, table 3-7.
std::size_t sequence_length(std::string_view text) {
  const std::uint8_t first = octet(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(text[i]) & 0xC0U) != 0x80) return 0;
  }
  const std::uint8_t second = octet(text[1]);
  const bool is_bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return is_bad ? 0 : length;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return octet(c) < 0x80; });
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const bool is_control = length == 1 && (octet(text[0]) < ' ' || octet(text[0]) == 0x7F);
    // U+0080 to U+009F are control characters too.
    const bool is_c1 = length == 2 && octet(text[0]) == 0xC2 && octet(text[1]) < 0xA0;
    const std::size_t wanted = length == 0 || is_control || is_c1 ? 1 : length;
    if (line.size() + wanted > bytes_max) break;
    if (length == 0 || is_control || is_c1) {
      line += text[0] == '\t' || text[0] == '\n' ? ' ' : '?';
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return line;
}

std::string ascii_line(std::string_view text, std::size_t bytes_max) {
  std::string line = one_line(text, bytes_max);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return octet(c) >= 0x80; }, '?');
  return line;
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string decode_xtext(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

}  // namespace sealgate::engine
