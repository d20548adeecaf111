// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/leaf_encoder.h"

#include <algorithm>

#include "base/check.h"
#include "engine/mime/body_text.h"

namespace sealgate::engine::mime {
namespace {

// What is decoded at a time, so that a step of base64 lines fits a segment.
constexpr std::size_t kStepBytes = 16 * 1024;
static_assert(Base64LineEncoder::room_for(kStepBytes + 8) <= kSegmentBytes);

// Above one escape in this many octets base64 is shorter than quoted-printable.
constexpr std::uint64_t kOctetsForEscape = 6;

// Hands the decoded octets of `body` to `take` in steps.
template <typename Take>
Result<void> for_each_decoded(const Chain& body, TransferEncoding encoding, Take take) {
  BodyDecoder decoder(encoding);
  Bytes octets;
  for (const Slice& slice : body.slices()) {
    for (std::size_t at = 0; at < slice.bytes.size(); at += kStepBytes) {
      const std::size_t count = std::min(kStepBytes, slice.bytes.size() - at);
      octets.clear();
      decoder.update(slice.bytes.subspan(at, count), octets);
      SG_TRY(take(ByteView(octets)));
    }
  }
  octets.clear();
  decoder.finish(octets);
  return take(ByteView(octets));
}

class OctetCount {
 public:
  void add(ByteView octets) {
    total_ += octets.size();
    for (const std::uint8_t octet : octets) {
      const bool is_line_end = octet == '\n' && last_ == '\r';
      has_lone_ |= octet == 0 || (octet == '\n' && !is_line_end) || (last_ == '\r' && !is_line_end);
      has_eight_bit_ |= octet >= 0x80;
      const bool is_plain = (octet >= 0x20 && octet < 0x7F && octet != '=') || octet == '\t' ||
                            octet == '\r' || octet == '\n';
      escapes_ += is_plain ? 0 : 1;
      last_ = octet;
    }
    check_utf8(octets);
  }

  bool is_for_base64() const {
    return has_lone_ || last_ == '\r' || escapes_ * kOctetsForEscape > total_;
  }
  bool has_eight_bit() const { return has_eight_bit_; }
  bool is_utf8() const { return is_utf8_ && rest_.empty(); }

 private:
  // A sequence that the end of a step cuts waits in rest_.
  void check_utf8(ByteView octets) {
    if (!is_utf8_) return;
    rest_ += as_text(octets);
    std::size_t cut = 0;
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, rest_.size()); ++back) {
      const auto octet = static_cast<std::uint8_t>(rest_[rest_.size() - back]);
      if ((octet & 0xC0U) == 0x80U) continue;
      const std::size_t length = octet >= 0xF0 ? 4 : octet >= 0xE0 ? 3 : octet >= 0xC0 ? 2 : 1;
      if (length > back) cut = back;
      break;
    }
    const std::string_view text = rest_;
    is_utf8_ = mime::is_utf8(text.substr(0, text.size() - cut));
    rest_.erase(0, rest_.size() - cut);
  }

  std::uint64_t total_ = 0;
  std::uint64_t escapes_ = 0;
  std::uint8_t last_ = 0;
  bool has_lone_ = false;  // NUL, or a CR or LF that is no line end.
  bool has_eight_bit_ = false;
  bool is_utf8_ = true;
  std::string rest_;
};

class Base64Output {
 public:
  explicit Base64Output(ChainWriter& writer) : writer_(writer) {}

  Result<void> take(ByteView octets) {
    const MutableBytes room = SG_TRY(writer_.reserve(Base64LineEncoder::room_for(octets.size())));
    writer_.commit(encoder_.update(octets, room));
    return {};
  }
  Result<void> finish() {
    const MutableBytes room = SG_TRY(writer_.reserve(Base64LineEncoder::room_for(0)));
    writer_.commit(encoder_.finish(room));
    return {};
  }

 private:
  ChainWriter& writer_;
  Base64LineEncoder encoder_;
};

}  // namespace

LeafEncoding choose_encoding(const Part& part, const Chain& body) {
  LeafEncoding choice;
  const bool is_text = part.type.is_text() || part.type.type == "message";
  if (!is_text || part.encoding == TransferEncoding::Base64) return choice;
  OctetCount count;
  const Result<void> outcome = for_each_decoded(body, part.encoding, [&](ByteView octets) {
    count.add(octets);
    return Result<void>();
  });
  SG_CHECK(outcome.has_value());
  if (!count.is_for_base64()) choice.encoding = TransferEncoding::QuotedPrintable;
  const bool is_unlabelled = part.type.is_text() && count.has_eight_bit() &&
                             part.encoding != TransferEncoding::QuotedPrintable &&
                             !part.type.parameter("charset");
  if (is_unlabelled) {
    // HTML may name its charset inside, and a label of ours would override that.
    choice.charset = count.is_utf8()               ? "utf-8"
                     : part.type.subtype == "html" ? std::string_view()
                                                   : "unknown-8bit";
  }
  return choice;
}

Result<void> encode_leaf(const Chain& body, TransferEncoding from, TransferEncoding to,
                         ChainWriter& writer) {
  if (to == TransferEncoding::QuotedPrintable) {
    QuotedPrintableEncoder encoder;
    SG_TRY(for_each_decoded(body, from,
                            [&](ByteView octets) { return encoder.update(octets, writer); }));
    return encoder.finish(writer);
  }
  SG_CHECK(to == TransferEncoding::Base64);
  Base64Output output(writer);
  SG_TRY(for_each_decoded(body, from, [&](ByteView octets) { return output.take(octets); }));
  return output.finish();
}

}  // namespace sealgate::engine::mime
