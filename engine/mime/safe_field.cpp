// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/safe_field.h"

#include <algorithm>
#include <array>

#include "engine/mime/address.h"
#include "engine/mime/errors.h"
#include "engine/mime/header_text.h"
#include "engine/mime/line_scan.h"
#include "engine/mime/media_type.h"

namespace sealgate::engine::mime {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view lower_name) {
  return std::find(names.begin(), names.end(), lower_name) != names.end();
}

bool has_bare_cr(std::string_view text) {
  for (std::size_t i = text.find('\r'); i != std::string_view::npos; i = text.find('\r', i + 1)) {
    if (i + 1 == text.size() || text[i + 1] != '\n') return true;
  }
  return false;
}

// A line that begins without a blank would be a field of its own, or the "From " of an mbox.
bool has_line_without_blank(std::string_view whole) {
  for (std::size_t i = whole.find('\n'); i != std::string_view::npos; i = whole.find('\n', i + 1)) {
    const std::string_view next = whole.substr(i + 1);
    if (!next.empty() && !is_blank(next.front())) return true;
  }
  return false;
}

// RFC 5322, 2.2.3: a line end may be put before any blank.
Result<std::string> fold_long_line(std::string_view line) {
  std::string folded;
  while (line.size() > LineTraits::kLineBytesMax) {
    const std::size_t word = line.find_first_not_of(" \t");
    std::size_t end = line.find_last_of(" \t", LineTraits::kLineBytesMax);
    if (end == std::string_view::npos || end <= word) return kHeaderLineTooLong;
    end = line.find_last_not_of(" \t", end) + 1;
    folded += line.substr(0, end);
    folded += "\r\n";
    line.remove_prefix(end);
  }
  folded += line;
  return folded;
}

Result<std::string> make_lines_safe(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
    // A line of blanks would become an empty one, which ends the header.
    if (line.empty()) continue;
    safe += SG_TRY(fold_long_line(line));
    safe += "\r\n";
  }
  return safe;
}

Result<std::string> encode_parameters(std::string_view value) {
  const ParameterizedValue parsed = parse_parameterized(value);
  if (parsed.token.empty() || !is_ascii(parsed.token)) return kHeaderNotSafe;
  std::string text = parsed.token;
  for (const auto& [name, parameter] : parsed.parameters) {
    // A boundary cannot be written in another way than the lines of the body have it.
    if (!is_ascii(name) || (name == "boundary" && !is_ascii(parameter))) return kHeaderNotSafe;
    text += encode_parameter(name, parameter);
  }
  return text;
}

Result<std::string> encode_addresses(std::string_view value, std::size_t name_bytes) {
  AddressList list = SG_TRY(parse_address_list(value));
  if (list.has_trouble) return kHeaderNotSafe;
  for (Mailbox& mailbox : list.mailboxes) {
    if (!is_ascii(mailbox.local)) return kHeaderNotSafe;
    if (!is_ascii(mailbox.domain)) {
      Result<std::string> domain = normal_domain(mailbox.domain);
      if (!domain) return kHeaderNotSafe;
      mailbox.domain = std::move(domain).value();
    }
  }
  return format_address_list(list.mailboxes, name_bytes);
}

// RFC 2047, 5 (2): in comments encoded words may stand, in the rest of a structured field not.
// Time zone names and host names of Received and Date come with raw 8-bit.
Result<std::string> encode_comments(std::string_view value) {
  std::string text;
  int depth = 0;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of("()"), value.size());
    const std::string_view run = value.substr(0, end);
    if (is_ascii(run)) {
      text += run;
    } else if (depth > 0) {
      text += encode_header_text(decode_header_text(run), 1);
    } else {
      return kHeaderNotSafe;
    }
    if (end < value.size()) {
      depth += value[end] == '(' ? 1 : -1;
      text += value[end];
    }
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return text;
}

Result<std::string> encode_value(std::string_view name, std::string_view value) {
  static constexpr std::array<std::string_view, 2> kParameterized = {"content-type",
                                                                     "content-disposition"};
  static constexpr std::array<std::string_view, 12> kAddresses = {
      "from",        "sender",        "reply-to",  "to",        "cc",         "bcc",
      "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc", "return-path"};
  static constexpr std::array<std::string_view, 9> kStructured = {
      "message-id", "references",   "in-reply-to", "content-id", "content-transfer-encoding",
      "date",       "mime-version", "received",    "resent-date"};
  const std::string lower = lower_ascii(name);
  if (is_one_of(kParameterized, lower)) return encode_parameters(value);
  if (is_one_of(kAddresses, lower)) return encode_addresses(value, name.size() + 2);
  if (is_one_of(kStructured, lower)) return encode_comments(value);
  return encode_header_text(decode_header_text(value), name.size() + 2);
}

}  // namespace

LineTraits text_traits(std::string_view text) {
  LineTraits traits;
  while (!text.empty()) {
    const LineScan scan = scan_line(as_bytes(text));
    traits.add(line_traits(text.substr(0, scan.length), scan.length, scan));
    text.remove_prefix(scan.length);
  }
  return traits;
}

Result<std::string> make_field_safe(std::string_view name, std::string_view whole) {
  if (whole.find('\0') != std::string_view::npos || has_bare_cr(whole) ||
      has_line_without_blank(whole)) {
    return kHeaderNotSafe;
  }
  // Blanks before the colon go too: "From :" could be taken for the line of an mbox.
  std::string_view value = whole.substr(whole.find(':') + 1);
  std::string text = std::string(name) + ":";
  if (is_ascii(value)) {
    text += value;
  } else {
    value.remove_prefix(std::min(value.find_first_not_of(" \t\r\n"), value.size()));
    text += " " + SG_TRY(encode_value(name, value));
  }
  return make_lines_safe(text);
}

}  // namespace sealgate::engine::mime
