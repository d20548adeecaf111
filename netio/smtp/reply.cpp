// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/reply.h"

#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

// RFC 3463, 2: class "." subject "." detail, of the class of `code`; "" if `word` is not one.
std::string_view enhanced_code(std::string_view word, std::uint16_t code) {
  if (word.size() < 5 || word.size() > 9 || word[0] != static_cast<char>('0' + code / 100)) {
    return {};
  }
  std::string_view rest = word.substr(1);
  for (int part = 0; part < 2; ++part) {
    if (rest.empty() || rest[0] != '.') return {};
    rest.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < rest.size() && is_digit(rest[digits])) ++digits;
    if (digits == 0 || digits > 3) return {};
    rest.remove_prefix(digits);
  }
  return rest.empty() ? word : std::string_view();
}

std::string default_enhanced(std::uint16_t code) {
  return std::to_string(code / 100) + ".0.0";
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    if (static_cast<std::uint8_t>(text[at]) >= 0x80) {
      for (length = 4; length > 1; --length) {
        if (at + length <= text.size() && is_utf8(text.substr(at, length))) break;
      }
      // C1 controls are U+0080 to U+009F: C2 80 to C2 9F.
      const bool is_control = length == 2 && static_cast<std::uint8_t>(text[at]) == 0xC2 &&
                              static_cast<std::uint8_t>(text[at + 1]) < 0xA0;
      if (is_control) length = 1;
    }
    const std::string_view piece = text.substr(at, length);
    const bool is_printable =
        length > 1 || (is_free_of_controls(piece) && static_cast<std::uint8_t>(piece[0]) < 0x80);
    if (clean.size() + length > bytes_max) break;
    if (is_printable) {
      clean.append(piece);
    } else {
      clean.push_back('?');
    }
    at += length;
  }
  return clean;
}

std::string format_reply(const engine::Reply& reply) {
  const bool is_valid = reply.code >= 200 && reply.code < 600;
  const std::string code = std::to_string(is_valid ? reply.code : 451);
  const std::string enhanced = is_valid ? reply.enhanced : "4.3.0";
  std::string lines;
  std::string_view text = reply.text;
  for (std::size_t count = 1;; ++count) {
    const std::size_t end = text.find('\n');
    const bool is_last = end == text.npos || count == kReplyLinesMax;
    lines += code;
    lines += is_last ? ' ' : '-';
    if (!enhanced.empty()) lines += enhanced + ' ';
    lines += clean_text(text.substr(0, end), kReplyTextBytesMax);
    lines += "\r\n";
    if (is_last) return lines;
    text.remove_prefix(end + 1);
  }
}

engine::Reply reply_for(const Error& error) {
  const std::string text(error.kind().text);
  switch (error.kind().error_class) {
    case ErrorClass::InvalidInput:
      return {.code = 554, .enhanced = "5.6.0", .text = text};
    case ErrorClass::Refused:
      return {.code = 550, .enhanced = "5.7.1", .text = text};
    case ErrorClass::Unavailable:
      return {.code = 451, .enhanced = "4.3.0", .text = text};
    case ErrorClass::Exhausted:
      return {.code = 452, .enhanced = "4.3.1", .text = text};
    case ErrorClass::Misconfigured:
      return {.code = 451, .enhanced = "4.3.5", .text = text};
  }
  __builtin_unreachable();
}

ReplyReader::Outcome ReplyReader::add(std::string_view line) {
  const bool has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                        is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  if (!has_code || lines_ == kReplyLinesMax) return Outcome::Malformed;
  const auto code = static_cast<std::uint16_t>(*parse_number(line.substr(0, 3)));
  const bool is_last = line.size() == 3 || line[3] == ' ';
  std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
  if (lines_ == 0) {
    reply_ = {.code = code, .enhanced = {}, .text = {}};
  } else if (code != reply_.code) {
    return Outcome::Malformed;
  }
  const std::string_view enhanced = enhanced_code(text.substr(0, text.find(' ')), code);
  if (!enhanced.empty()) {
    if (reply_.enhanced.empty()) reply_.enhanced = enhanced;
    text.remove_prefix(enhanced.size());
    if (!text.empty()) text.remove_prefix(1);
  }
  if (lines_ > 0) reply_.text += '\n';
  reply_.text += clean_text(text, kReplyTextBytesMax);
  ++lines_;
  if (!is_last) return Outcome::NeedMore;
  lines_ = 0;
  if (reply_.enhanced.empty()) reply_.enhanced = default_enhanced(code);
  return Outcome::Complete;
}

}  // namespace sealgate::netio
