// SPDX-License-Identifier: Apache-2.0
//
// Text in any charset of mail, as UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sealgate::engine::mime {

struct Utf8Text {
  std::string text;      // Always valid UTF-8.
  bool is_exact = true;  // False: unknown charset, or octets invalid in it; read as Latin-1 or
                         // with U+FFFD.
};

// `charset` as declared ("" for none: UTF-8 where it is valid, else Latin-1). glibc's iconv
// does what is not UTF-8, US-ASCII or Latin-1.
Utf8Text to_utf8(ByteView octets, std::string_view charset);

// RFC 3629: no surrogates, no overlong forms.
bool is_utf8(std::string_view text);

}  // namespace sealgate::engine::mime
