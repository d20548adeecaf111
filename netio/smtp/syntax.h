// SPDX-License-Identifier: Apache-2.0
//
// The small syntax that SMTP commands and replies are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sealgate::netio {

// Lower-cases ASCII letters only.
std::string to_lower(std::string_view text);
// Compares ASCII letters without regard to case.
bool equal_ignoring_case(std::string_view left, std::string_view right);
bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix);

// No C0 control characters and no DEL.
bool is_free_of_controls(std::string_view text);
bool is_ascii(std::string_view text);
// Well-formed UTF-8 (RFC 3629): no overlong forms, surrogates or values above U+10FFFF.
bool is_utf8(std::string_view text);

// A domain name of letters, digits, hyphens and underscores, or of UTF-8 labels (RFC 6531); at
// most 255 octets, labels of 1 to 63.
bool is_domain(std::string_view text);

// Digits only, without overflow.
std::optional<std::uint64_t> parse_number(std::string_view text);

// xtext, RFC 3461, 4.
bool is_xtext(std::string_view text);
// Nothing where `text` is not xtext.
std::optional<std::string> decode_xtext(std::string_view text);
std::string encode_xtext(std::string_view text);

// Takes the next word, ended by spaces, from the front of `text`; "" at its end.
std::string_view take_word(std::string_view& text);

}  // namespace sealgate::netio
