// SPDX-License-Identifier: Apache-2.0
//
// The text of header fields: folding (RFC 5322, 2.2.3) and encoded words (RFC 2047, RFC 2231,
// 5), to and from UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sealgate::engine::mime {

// RFC 5322, 2.1.1: lines should have at most 78 octets.
inline constexpr std::size_t kHeaderLineBytesAim = 78;

// Takes out the line ends of folding and the blanks around the value; the bytes are otherwise
// as they were.
std::string unfold(std::string_view raw);

// Unfolds and decodes encoded words. The result is valid UTF-8: raw octets that are not UTF-8
// are read as Latin-1, an unknown charset likewise; control characters become spaces, so the
// text can be shown and matched. A malformed encoded word stays as it is.
std::string decode_header_text(std::string_view raw);

// The value of an unstructured field for `text` (UTF-8): the text itself where it is ASCII,
// else encoded words (UTF-8; base64 or Q, whichever is shorter), each at most 75 octets. Folded
// with CRLF and a blank so that no line exceeds kHeaderLineBytesAim, counting
// `name_bytes` octets of field name, colon and blank before the first word.
std::string encode_header_text(std::string_view text, std::size_t name_bytes);

// A phrase (display name) for an address field: atom words, a quoted string or encoded words.
std::string encode_phrase(std::string_view text);

bool is_ascii(std::string_view text);
std::string lower_ascii(std::string_view text);
bool equal_ignoring_case(std::string_view left, std::string_view right);  // ASCII only.

}  // namespace sealgate::engine::mime
