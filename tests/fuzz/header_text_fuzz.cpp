// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as header text and as parameters: decoding gives valid UTF-8 without control
// characters, and what is encoded comes back. Also the transfer encodings, which round trip.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "engine/mime/body_text.h"
#include "engine/mime/header_text.h"
#include "engine/mime/media_type.h"
#include "engine/mime/safe_field.h"

namespace {

using namespace sealgate;
using namespace sealgate::engine::mime;

void check_header(std::string_view text) {
  const std::string decoded = decode_header_text(text);
  SG_CHECK(is_utf8(decoded));
  SG_CHECK(std::none_of(decoded.begin(), decoded.end(),
                        [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; }));
  const std::string encoded = encode_header_text(decoded, 9);
  SG_CHECK(is_ascii(encoded));
  // Blanks at the ends of plain text are not part of a field.
  SG_CHECK(unfold(decode_header_text(encoded)) == unfold(decoded));
  const auto safe = make_field_safe("X-Any", "X-Any: " + std::string(text));
  if (safe) SG_CHECK(text_traits(safe.value()).is_transport_safe());
}

void check_parameters(std::string_view text) {
  const ParameterizedValue value = parse_parameterized(text);
  for (const auto& [name, parameter] : value.parameters) {
    if (name == "boundary") continue;
    SG_CHECK(is_utf8(parameter));
    const std::string written = "x" + encode_parameter("name", parameter);
    SG_CHECK(is_ascii(written));
    const ParameterizedValue reread = parse_parameterized(written);
    const auto again = reread.parameter("name");
    SG_CHECK(again.has_value());
    // A value that looks like an encoded word is read as one.
    if (parameter.find("=?") == std::string::npos) SG_CHECK(*again == parameter);
  }
  (void)parse_media_type(text);
}

void check_encodings(ByteView bytes) {
  const std::string text = encode_base64(bytes);
  SG_CHECK(equal_bytes(decode_base64_strict(text).value(), bytes));
  Bytes octets;
  for (const TransferEncoding encoding :
       {TransferEncoding::Base64, TransferEncoding::QuotedPrintable}) {
    BodyDecoder whole(encoding);
    Bytes at_once;
    whole.update(bytes, at_once);
    whole.finish(at_once);
    BodyDecoder pieces(encoding);
    Bytes cut;
    for (std::size_t i = 0; i < bytes.size(); ++i) pieces.update(bytes.subspan(i, 1), cut);
    pieces.finish(cut);
    SG_CHECK(at_once == cut);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_header(as_text(bytes));
  check_parameters(as_text(bytes));
  check_encodings(bytes);
  return 0;
}
