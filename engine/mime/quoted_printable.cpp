// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/quoted_printable.h"

#include <algorithm>

namespace sealgate::engine::mime {
namespace {

// RFC 2045, 6.7 (5): 76 characters with the "=" of a soft line break.
constexpr std::size_t kLineCharsMax = 75;
// Blanks that a decoder holds back until it knows whether a line ends behind them.
constexpr std::size_t kHeldMax = 1000;
constexpr std::string_view kDigits = "0123456789ABCDEF";

bool is_blank(std::uint8_t character) {
  return character == ' ' || character == '\t';
}

bool is_plain(std::uint8_t octet) {
  return octet > 0x20 && octet < 0x7F && octet != '=';
}

int hex_value(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<void> QuotedPrintableEncoder::update(ByteView octets, ChainWriter& to) {
  while (!octets.empty()) {
    const std::size_t run = plain_run(octets);
    line_ += as_text(octets.first(run));
    octets = octets.subspan(run);
    if (octets.empty()) break;
    SG_TRY(take(octets.front(), to));
    octets = octets.subspan(1);
  }
  return {};
}

std::size_t QuotedPrintableEncoder::plain_run(ByteView octets) const {
  if (has_cr_ || has_blank_) return 0;
  // put() looks for "From " and "--" in the first characters of a line.
  constexpr std::size_t kFromChars = 5;
  constexpr std::size_t kDashes = 2;
  const std::size_t room = std::min(octets.size(), kLineCharsMax - line_.size());
  std::size_t count = 0;
  while (count < room) {
    const bool is_blank_inside = is_blank(octets[count]) && line_.size() + count >= kFromChars &&
                                 count + 1 < room && is_plain(octets[count + 1]);
    const bool may_be_delimiter = octets[count] == '-' && line_.size() + count < kDashes;
    if ((!is_plain(octets[count]) && !is_blank_inside) || may_be_delimiter) break;
    ++count;
  }
  return count;
}

Result<void> QuotedPrintableEncoder::take(std::uint8_t octet, ChainWriter& to) {
  if (has_cr_) {
    has_cr_ = false;
    if (octet == '\n') {
      if (has_blank_) SG_TRY(put_escaped(blank_, to));
      has_blank_ = false;
      return end_line("\r\n", to);
    }
    if (has_blank_) SG_TRY(put_plain(blank_, to));
    has_blank_ = false;
    SG_TRY(put_escaped('\r', to));
  }
  if (octet == '\r') {
    has_cr_ = true;
    return {};
  }
  if (has_blank_) SG_TRY(put_plain(blank_, to));
  has_blank_ = is_blank(octet);
  if (has_blank_) {
    blank_ = octet;
    return {};
  }
  return is_plain(octet) ? put_plain(octet, to) : put_escaped(octet, to);
}

Result<void> QuotedPrintableEncoder::put_plain(std::uint8_t octet, ChainWriter& to) {
  const char character = static_cast<char>(octet);
  return put({&character, 1}, to);
}

Result<void> QuotedPrintableEncoder::put_escaped(std::uint8_t octet, ChainWriter& to) {
  const char escaped[] = {'=', kDigits[octet >> 4U], kDigits[octet & 15U]};
  return put({escaped, 3}, to);
}

Result<void> QuotedPrintableEncoder::put(std::string_view characters, ChainWriter& to) {
  if (line_.size() + characters.size() > kLineCharsMax) SG_TRY(end_line("=\r\n", to));
  line_ += characters;
  if (line_ == "From ") line_ = "=46rom ";
  if (line_ == "--") line_ = "=2D-";
  return {};
}

Result<void> QuotedPrintableEncoder::end_line(std::string_view line_end, ChainWriter& to) {
  if (line_ == ".") line_ = "=2E";
  line_ += line_end;
  Result<void> outcome = to.append(line_);
  line_.clear();
  return outcome;
}

Result<void> QuotedPrintableEncoder::finish(ChainWriter& to) {
  if (has_cr_) {
    if (has_blank_) SG_TRY(put_plain(blank_, to));
    SG_TRY(put_escaped('\r', to));
  } else if (has_blank_) {
    SG_TRY(put_escaped(blank_, to));
  }
  has_cr_ = has_blank_ = false;
  return line_.empty() ? Result<void>() : end_line("", to);
}

void QuotedPrintableDecoder::update(ByteView text, Bytes& to) {
  for (const std::uint8_t character : text) take(character, to);
}

void QuotedPrintableDecoder::take(std::uint8_t character, Bytes& to) {
  if (!held_.empty()) {
    const bool is_taken =
        held_.front() == '=' ? take_after_equals(character, to) : take_after_blanks(character, to);
    if (is_taken) return;
    release(to);
  }
  if (character == '=' || is_blank(character)) {
    held_.push_back(character);
  } else {
    to.push_back(character);
  }
}

// held_ is "=", "=" and one digit, or "=", blanks and perhaps a CR.
bool QuotedPrintableDecoder::take_after_equals(std::uint8_t character, Bytes& to) {
  if (held_.size() == 2 && hex_value(held_[1]) >= 0) {
    if (hex_value(character) < 0) return false;
    to.push_back(static_cast<std::uint8_t>(hex_value(held_[1]) * 16 + hex_value(character)));
    held_.clear();
    return true;
  }
  if (character == '\n') {
    held_.clear();
    return true;
  }
  const bool may_follow =
      (held_.size() == 1 && hex_value(character) >= 0) || is_blank(character) || character == '\r';
  if (!may_follow || held_.back() == '\r' || held_.size() == kHeldMax) return false;
  held_.push_back(character);
  return true;
}

// held_ is blanks and perhaps a CR.
bool QuotedPrintableDecoder::take_after_blanks(std::uint8_t character, Bytes& to) {
  if (character == '\n') {
    if (held_.back() == '\r') to.push_back('\r');
    to.push_back('\n');
    held_.clear();
    return true;
  }
  const bool may_follow = is_blank(character) || character == '\r';
  if (!may_follow || held_.back() == '\r' || held_.size() == kHeldMax) return false;
  held_.push_back(character);
  return true;
}

void QuotedPrintableDecoder::release(Bytes& to) {
  to.insert(to.end(), held_.begin(), held_.end());
  held_.clear();
}

void QuotedPrintableDecoder::finish(Bytes& to) {
  // The end of a body is the end of its last line.
  const bool is_escape = held_.size() == 2 && held_[0] == '=' && hex_value(held_[1]) >= 0;
  const bool has_bare_cr = !held_.empty() && held_.back() == '\r';
  if (is_escape || has_bare_cr) release(to);
  held_.clear();
}

Bytes decode_quoted_printable(ByteView text) {
  Bytes octets;
  octets.reserve(text.size());
  QuotedPrintableDecoder decoder;
  decoder.update(text, octets);
  decoder.finish(octets);
  return octets;
}

}  // namespace sealgate::engine::mime
