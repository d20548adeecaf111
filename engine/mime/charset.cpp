// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/charset.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iconv.h>

#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD.
constexpr std::size_t kCharsetNameBytesMax = 40;

// Octets of the UTF-8 sequence at the front of `text`, 0 where it is not valid.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint32_t point = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    point = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    point = lead & 0x0FU;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    point = lead & 0x07U;
  }
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
    point = point << 6U | (at(i) & 0x3FU);
  }
  if (length == 3 && (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF))) return 0;
  if (length == 4 && (point < 0x10000 || point > 0x10FFFF)) return 0;
  return length;
}

std::string latin1_to_utf8(std::string_view octets) {
  std::string text;
  text.reserve(octets.size() + octets.size() / 4);
  for (const char octet : octets) {
    const auto value = static_cast<std::uint8_t>(octet);
    if (value < 0x80) {
      text.push_back(octet);
    } else {
      text.push_back(static_cast<char>(0xC0U | (value >> 6U)));
      text.push_back(static_cast<char>(0x80U | (value & 0x3FU)));
    }
  }
  return text;
}

Utf8Text repaired_utf8(std::string_view octets) {
  Utf8Text result;
  result.text.reserve(octets.size());
  while (!octets.empty()) {
    const std::size_t length = sequence_length(octets);
    if (length == 0) {
      result.is_exact = false;
      result.text += kReplacement;
      octets.remove_prefix(1);
    } else {
      result.text += octets.substr(0, length);
      octets.remove_prefix(length);
    }
  }
  return result;
}

// iconv takes suffixes ("//TRANSLIT") and looks names up in files: only plain names go there.
bool is_charset_name(std::string_view name) {
  return !name.empty() && name.size() <= kCharsetNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
                  c == '.' || c == ':' || c == '+';
         });
}

class Converter {
 public:
  explicit Converter(const std::string& charset) : state_(iconv_open("UTF-8", charset.c_str())) {}
  ~Converter() {
    if (is_open()) iconv_close(state_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // iconv_open gives (iconv_t)-1 for a charset it does not know.
  bool is_open() const { return reinterpret_cast<std::intptr_t>(state_) != -1; }

  Utf8Text convert(std::string_view octets) {
    Utf8Text result;
    std::array<char, 4096> room{};
    char* from = const_cast<char*>(octets.data());  // iconv's signature; it does not write.
    std::size_t from_left = octets.size();
    bool is_flushing = false;
    while (true) {
      char* to = room.data();
      std::size_t to_left = room.size();
      const std::size_t outcome = is_flushing ? iconv(state_, nullptr, nullptr, &to, &to_left)
                                              : iconv(state_, &from, &from_left, &to, &to_left);
      const int reason = errno;
      result.text.append(room.data(), room.size() - to_left);
      if (outcome == static_cast<std::size_t>(-1)) {
        if (reason == E2BIG) continue;
        result.is_exact = false;
        result.text += kReplacement;
        if (is_flushing || from_left == 0) break;
        ++from;
        --from_left;
        continue;
      }
      if (is_flushing) break;
      is_flushing = true;
    }
    return result;
  }

 private:
  iconv_t state_;
};

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Utf8Text to_utf8(ByteView octets, std::string_view charset) {
  const std::string_view text = as_text(octets);
  const std::string name = lower_ascii(charset);
  if (name.empty() || name == "us-ascii" || name == "ascii" || name == "unknown-8bit") {
    if (is_utf8(text)) return {.text = std::string(text), .is_exact = true};
    return {.text = latin1_to_utf8(text), .is_exact = false};
  }
  if (name == "utf-8" || name == "utf8") return repaired_utf8(text);
  if (name == "iso-8859-1" || name == "latin1") return {.text = latin1_to_utf8(text)};
  if (is_charset_name(name)) {
    Converter converter(name);
    if (converter.is_open()) {
      Utf8Text result = converter.convert(text);
      // A charset module of the system is not ours: what it gives is checked.
      Utf8Text checked = repaired_utf8(result.text);
      checked.is_exact = checked.is_exact && result.is_exact;
      return checked;
    }
  }
  return {.text = latin1_to_utf8(text), .is_exact = false};
}

}  // namespace sealgate::engine::mime
