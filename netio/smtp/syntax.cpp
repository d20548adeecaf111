// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/syntax.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace sealgate::netio {
namespace {

std::uint8_t octet(char character) {
  return static_cast<std::uint8_t>(character);
}

char to_lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

int hex_value(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

// The length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none.
// RFC 3629, 4: the second octet's range depends on the first.
std::size_t utf8_sequence(std::string_view text) {
  const std::uint8_t first = octet(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (octet(text[1]) < low || octet(text[1]) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((octet(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

bool is_domain_character(char character) {
  return (character >= '0' && character <= '9') ||
         (to_lower(character) >= 'a' && to_lower(character) <= 'z') || character == '-' ||
         character == '_' || octet(character) >= 0x80;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& character : lower) character = to_lower(character);
  return lower;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_free_of_controls(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char character) {
    return octet(character) >= 0x20 && octet(character) != 0x7F;
  });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char character) { return octet(character) < 0x80; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_domain(std::string_view text) {
  constexpr std::size_t kDomainBytesMax = 255;
  constexpr std::size_t kLabelBytesMax = 63;
  if (text.empty() || text.size() > kDomainBytesMax || !is_utf8(text)) return false;
  std::size_t label = 0;
  for (const char character : text) {
    if (character == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!is_domain_character(character) || ++label > kLabelBytesMax) return false;
  }
  return label > 0;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return {};
  return number;
}

bool is_xtext(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '!' || text[i] > '~' || text[i] == '=') return false;
    if (text[i] != '+') continue;
    if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) {
      return false;
    }
    i += 2;
  }
  return true;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  if (!is_xtext(text)) return {};
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

std::string encode_xtext(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char character : text) {
    if (character < '!' || character > '~' || character == '=' || character == '+') {
      encoded.push_back('+');
      encoded.push_back(kDigits[octet(character) >> 4U]);
      encoded.push_back(kDigits[octet(character) & 15U]);
    } else {
      encoded.push_back(character);
    }
  }
  return encoded;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace sealgate::netio
