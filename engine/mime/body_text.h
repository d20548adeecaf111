// SPDX-License-Identifier: Apache-2.0
//
// The content of a leaf: decoded from its transfer encoding, and as UTF-8 text for rules that
// look into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/segment.h"
#include "engine/mime/base64.h"
#include "engine/mime/charset.h"
#include "engine/mime/quoted_printable.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

// Undoes a transfer encoding, chunk by chunk. Identity for all but base64 and
// quoted-printable.
class BodyDecoder {
 public:
  explicit BodyDecoder(TransferEncoding encoding) : encoding_(encoding) {}

  // Both append to `to`.
  void update(ByteView text, Bytes& to);
  void finish(Bytes& to);

 private:
  TransferEncoding encoding_;
  Base64Decoder base64_;
  QuotedPrintableDecoder quoted_printable_;
};

struct DecodedBody {
  Bytes octets;
  bool is_cut = false;  // There was more than the limit, or much more text than it takes.
};

// The decoded body of a part, at most `limit` octets, from at most four times as much text and
// 16 KiB. For a part with children: its body as it
// stands. Requires: `message` is what `structure` was read from.
DecodedBody decode_body(const Structure& structure, const Chain& message, std::uint32_t part,
                        std::size_t limit);

// decode_body() and to_utf8() with the part's own charset.
Utf8Text body_text(const Structure& structure, const Chain& message, std::uint32_t part,
                   std::size_t limit);

}  // namespace sealgate::engine::mime
