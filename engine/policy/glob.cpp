// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/glob.h"

#include <cstddef>

namespace sealgate::engine::policy {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && continues(text[at])) ++at;
  return at;
}

}  // namespace

bool fits_glob(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;  // The last '*', and where its run began.
  std::size_t run = 0;
  while (at < text.size()) {
    const bool is_inside = in_pattern < pattern.size();
    if (is_inside && pattern[in_pattern] == '*') {
      star = in_pattern++;
      run = at;
    } else if (is_inside && pattern[in_pattern] == '?') {
      at = next_character(text, at);
      ++in_pattern;
    } else if (is_inside && lower(pattern[in_pattern]) == lower(text[at])) {
      ++at;
      ++in_pattern;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++run;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace sealgate::engine::policy
