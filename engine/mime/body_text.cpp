// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/body_text.h"

#include <algorithm>

#include "base/limits.h"

namespace sealgate::engine::mime {
namespace {

// What is read for one octet: three characters of quoted-printable, and line ends. An encoding
// can stand for nothing at any length ("=" CRLF, empty lines), which is not read to its end.
constexpr std::size_t kTextPerOctetMax = 4;
constexpr std::size_t kTextBytesMin = 16 * 1024;

}  // namespace

void BodyDecoder::update(ByteView text, Bytes& to) {
  switch (encoding_) {
    case TransferEncoding::QuotedPrintable:
      quoted_printable_.update(text, to);
      return;
    case TransferEncoding::Base64: {
      const std::size_t before = to.size();
      to.resize(before + Base64Decoder::room_for(text.size()));
      to.resize(before + base64_.update(text, MutableBytes(to).subspan(before)));
      return;
    }
    case TransferEncoding::SevenBit:
    case TransferEncoding::EightBit:
    case TransferEncoding::Binary:
    case TransferEncoding::Unknown:
      to.insert(to.end(), text.begin(), text.end());
      return;
  }
}

void BodyDecoder::finish(Bytes& to) {
  if (encoding_ == TransferEncoding::QuotedPrintable) quoted_printable_.finish(to);
  if (encoding_ == TransferEncoding::Base64) {
    const std::size_t before = to.size();
    to.resize(before + Base64Decoder::room_for(0));
    to.resize(before + base64_.finish(MutableBytes(to).subspan(before)));
  }
}

DecodedBody decode_body(const Structure& structure, const Chain& message, std::uint32_t part,
                        std::size_t limit) {
  const Part& source = structure.part(part);
  BodyDecoder decoder(source.is_leaf() ? source.encoding : TransferEncoding::SevenBit);
  DecodedBody body;
  const Chain encoded = message.sub_chain(source.body.offset, source.body.length);
  std::size_t text_left =
      kTextPerOctetMax * std::min<std::size_t>(limit, kMessageBytesMax) + kTextBytesMin;
  for (const Slice& slice : encoded.slices()) {
    if (body.octets.size() > limit) break;
    const std::size_t count = std::min(slice.bytes.size(), text_left);
    decoder.update(slice.bytes.first(count), body.octets);
    text_left -= count;
    body.is_cut = count < slice.bytes.size();
    if (body.is_cut) break;
  }
  if (!body.is_cut) decoder.finish(body.octets);
  if (body.octets.size() > limit) {
    body.octets.resize(limit);
    body.is_cut = true;
  }
  return body;
}

Utf8Text body_text(const Structure& structure, const Chain& message, std::uint32_t part,
                   std::size_t limit) {
  const DecodedBody body = decode_body(structure, message, part, limit);
  return to_utf8(body.octets, structure.part(part).type.parameter("charset").value_or(""));
}

}  // namespace sealgate::engine::mime
