// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/judgement.h"

#include "engine/mime/charset.h"

namespace sealgate::app {
namespace {

constexpr std::string_view kCut = "...";

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// A character that is not to be shown as it is: C0, DEL, C1, and what changes the direction or
// the look of the text around it (U+200B to U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF).
std::size_t unprintable_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;
  const bool is_format =
      byte(0) == 0xe2 && ((byte(1) == 0x80 && byte(2) >= 0x8b && byte(2) <= 0xae &&
                           (byte(2) <= 0x8f || byte(2) >= 0xa8)) ||
                          (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
  const bool is_mark = byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf;
  return is_format || is_mark ? 3 : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = engine::mime::is_utf8(text)
                                ? std::string(text)
                                : engine::mime::to_utf8(as_bytes(text), "").text;
  std::string out;
  for (std::size_t i = 0; i < valid.size();) {
    const std::size_t odd = unprintable_at(std::string_view(valid).substr(i));
    if (odd != 0) {
      out += '?';
      i += odd;
    } else {
      out += valid[i++];
    }
  }
  if (out.size() > kReasonBytesMax) {
    std::size_t end = kReasonBytesMax - kCut.size();
    while (continues(out[end])) --end;
    out.resize(end);
    out += kCut;
  }
  return out;
}

}  // namespace sealgate::app
