// SPDX-License-Identifier: Apache-2.0
//
// Text from outside, made fit for replies, DSNs and logs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sealgate::engine {

// Whether every octet is printable US-ASCII other than the space.
bool is_visible_ascii(std::string_view text);
bool is_ascii(std::string_view text);

// At most `bytes_max` octets, on one line; control characters become '?'. UTF-8 that is cut or
// broken becomes '?'.
std::string one_line(std::string_view text, std::size_t bytes_max);

// As one_line(), and everything outside US-ASCII becomes '?'.
std::string ascii_line(std::string_view text, std::size_t bytes_max);

std::string lower_ascii(std::string_view text);

// RFC 3461, 4: what xtext stands for. Malformed escapes stay as they are.
std::string decode_xtext(std::string_view text);

}  // namespace sealgate::engine
