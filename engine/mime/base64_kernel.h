// SPDX-License-Identifier: Apache-2.0
//
// The AVX2 loops of base64.h. Each does as much as whole vectors can and says how far it came;
// the caller does the rest. Requires of all: base64_has_avx2().
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace sealgate::engine::mime {

struct Base64Progress {
  std::size_t read = 0;
  std::size_t written = 0;
};

bool base64_has_avx2();
Base64Progress base64_encode_avx2(ByteView octets, MutableBytes to);
// Whole lines of 57 octets, each as 76 characters and CRLF.
Base64Progress base64_encode_lines_avx2(ByteView octets, MutableBytes to);
// Stops before a block of 32 characters that are not all of the alphabet.
Base64Progress base64_decode_avx2(ByteView text, MutableBytes to);

}  // namespace sealgate::engine::mime
