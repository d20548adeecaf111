// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/base64.h"

#include <algorithm>

#include "base/check.h"
#include "engine/mime/base64_kernel.h"
#include "engine/mime/errors.h"

namespace sealgate::engine::mime {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kPadding = 64;
constexpr std::uint8_t kLineEnd = 65;
constexpr std::uint8_t kOther = 66;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kOther);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  values['='] = kPadding;
  values['\r'] = values['\n'] = kLineEnd;
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint8_t character(std::uint32_t value) {
  return static_cast<std::uint8_t>(kAlphabet[value & 63U]);
}

std::size_t encode_scalar(ByteView octets, MutableBytes to) {
  std::size_t written = 0;
  for (; octets.size() >= 3; octets = octets.subspan(3), written += 4) {
    const std::uint32_t group =
        std::uint32_t{octets[0]} << 16U | std::uint32_t{octets[1]} << 8U | std::uint32_t{octets[2]};
    to[written] = character(group >> 18U);
    to[written + 1] = character(group >> 12U);
    to[written + 2] = character(group >> 6U);
    to[written + 3] = character(group);
  }
  if (octets.empty()) return written;
  const std::uint32_t second = octets.size() == 2 ? octets[1] : 0;
  const std::uint32_t group = std::uint32_t{octets[0]} << 16U | second << 8U;
  to[written] = character(group >> 18U);
  to[written + 1] = character(group >> 12U);
  to[written + 2] = octets.size() == 2 ? character(group >> 6U) : std::uint8_t{'='};
  to[written + 3] = '=';
  return written + 4;
}

std::size_t end_line(MutableBytes to, std::size_t written) {
  to[written] = '\r';
  to[written + 1] = '\n';
  return written + 2;
}

}  // namespace

Base64Kernel best_base64_kernel() {
  static const Base64Kernel best = base64_has_avx2() ? Base64Kernel::Avx2 : Base64Kernel::Scalar;
  return best;
}

std::size_t encode_base64(ByteView octets, MutableBytes to, Base64Kernel kernel) {
  SG_CHECK(to.size() >= base64_chars(octets.size()));
  Base64Progress done;
  if (kernel == Base64Kernel::Avx2) done = base64_encode_avx2(octets, to);
  return done.written + encode_scalar(octets.subspan(done.read), to.subspan(done.written));
}

std::size_t encode_base64(ByteView octets, MutableBytes to) {
  return encode_base64(octets, to, best_base64_kernel());
}

std::string encode_base64(ByteView octets) {
  std::string text(base64_chars(octets.size()), '\0');
  encode_base64(octets, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

std::size_t Base64LineEncoder::update(ByteView octets, MutableBytes to) {
  SG_CHECK(to.size() >= room_for(octets.size()));
  std::size_t written = 0;
  if (held_count_ > 0) {
    const std::size_t count = std::min(octets.size(), kBase64LineOctets - held_count_);
    std::copy_n(octets.begin(), count, held_.begin() + static_cast<std::ptrdiff_t>(held_count_));
    held_count_ += count;
    octets = octets.subspan(count);
    if (held_count_ < kBase64LineOctets) return 0;
    written = end_line(to, encode_scalar(held_, to));
    held_count_ = 0;
  }
  if (kernel_ == Base64Kernel::Avx2) {
    const Base64Progress done = base64_encode_lines_avx2(octets, to.subspan(written));
    octets = octets.subspan(done.read);
    written += done.written;
  }
  while (octets.size() >= kBase64LineOctets) {
    written += encode_scalar(octets.first(kBase64LineOctets), to.subspan(written));
    written = end_line(to, written);
    octets = octets.subspan(kBase64LineOctets);
  }
  std::copy(octets.begin(), octets.end(), held_.begin());
  held_count_ = octets.size();
  return written;
}

std::size_t Base64LineEncoder::finish(MutableBytes to) {
  if (held_count_ == 0) return 0;
  SG_CHECK(to.size() >= base64_line_chars(held_count_));
  const std::size_t written = encode_scalar(ByteView(held_).first(held_count_), to);
  held_count_ = 0;
  return end_line(to, written);
}

Result<std::size_t> decode_base64_strict(std::string_view text, MutableBytes to) {
  if (text.size() % 4 != 0) return kBase64Malformed;
  SG_CHECK(to.size() >= text.size() / 4 * 3);
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::uint8_t value = kValues[static_cast<std::uint8_t>(text[i + j])];
      const bool may_pad = i + 4 == text.size() && j >= 2;
      if (value == kPadding && may_pad) {
        ++padding;
      } else if (value >= kPadding || padding > 0) {
        return kBase64Malformed;
      }
      group = group << 6U | (value & 63U);
    }
    // RFC 4648, 3.5: the bits under the padding are zero, so that a text has one form only.
    const std::uint32_t unused = padding == 2 ? 0xFFFFU : padding == 1 ? 0xFFU : 0U;
    if ((group & unused) != 0) return kBase64Malformed;
    for (std::size_t j = 0; j < 3 - padding; ++j) {
      to[written++] = static_cast<std::uint8_t>(group >> (16U - 8U * j));
    }
  }
  return written;
}

Result<Bytes> decode_base64_strict(std::string_view text) {
  Bytes octets(text.size() / 4 * 3);
  octets.resize(SG_TRY(decode_base64_strict(text, octets)));
  return octets;
}

std::size_t Base64Decoder::update(ByteView text, MutableBytes to) {
  SG_CHECK(to.size() >= room_for(text.size()));
  constexpr std::size_t kScalarRun = 32;
  std::size_t written = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (kernel_ == Base64Kernel::Avx2 && count_ == 0) {
      const Base64Progress done = base64_decode_avx2(text.subspan(at), to.subspan(written));
      at += done.read;
      written += done.written;
    }
    // What stopped the vectors is near: a line end, padding, or the end.
    const std::size_t stop = std::min(text.size(), at + kScalarRun);
    while (at < stop) {
      const std::uint8_t value = kValues[text[at++]];
      if (value < kPadding) {
        bits_ = bits_ << 6U | value;
        if (++count_ == 4) {
          to[written] = static_cast<std::uint8_t>(bits_ >> 16U);
          to[written + 1] = static_cast<std::uint8_t>(bits_ >> 8U);
          to[written + 2] = static_cast<std::uint8_t>(bits_);
          written += 3;
          count_ = 0;
        }
      } else if (value == kPadding) {
        written += finish(to.subspan(written));
      } else if (value == kOther) {
        has_trouble_ = true;
      } else if (text[at - 1] == '\n' && count_ == 0) {
        break;
      }
    }
  }
  return written;
}

std::size_t Base64Decoder::finish(MutableBytes to) {
  std::size_t written = 0;
  if (count_ == 1) has_trouble_ = true;
  if (count_ >= 2) to[written++] = static_cast<std::uint8_t>(bits_ >> (count_ * 6U - 8U));
  if (count_ == 3) to[written++] = static_cast<std::uint8_t>(bits_ >> 2U);
  count_ = 0;
  bits_ = 0;
  return written;
}

}  // namespace sealgate::engine::mime
