// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/path.h"

#include "base/limits.h"
#include "netio/smtp/errors.h"
#include "netio/smtp/network_set.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

// RFC 5322, 3.2.3, and RFC 6531, 3.3 for UTF-8.
bool is_atom_character(char character) {
  constexpr std::string_view kSpecials = "!#$%&'*+-/=?^_`{|}~";
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z') || static_cast<std::uint8_t>(character) >= 0x80 ||
         kSpecials.find(character) != kSpecials.npos;
}

// The length of the dot-string at the front of `text`, 0 if there is none.
std::size_t dot_string(std::string_view text) {
  std::size_t length = 0;
  bool was_dot = true;
  for (; length < text.size(); ++length) {
    const char character = text[length];
    if (character == '.') {
      if (was_dot) return 0;
      was_dot = true;
    } else if (is_atom_character(character)) {
      was_dot = false;
    } else {
      break;
    }
  }
  return was_dot ? 0 : length;
}

// The length of the quoted string at the front of `text`, 0 if there is none.
std::size_t quoted_string(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i == 1 ? 0 : i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

bool is_address_literal(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (has_prefix_ignoring_case(inner, "IPv6:")) {
    const std::string_view address = inner.substr(5);
    return address.find(':') != address.npos && is_numeric_address(address);
  }
  return inner.find(':') == inner.npos && is_numeric_address(inner);
}

// RFC 5321, C: "@one,@two:" in front of a mailbox. False where it is malformed.
bool drop_source_route(std::string_view& path) {
  if (path.empty() || path.front() != '@') return true;
  const std::size_t end = path.find(':');
  if (end == path.npos) return false;
  std::string_view route = path.substr(0, end);
  path.remove_prefix(end + 1);
  while (true) {
    const std::size_t comma = route.find(',');
    const std::string_view hop = route.substr(0, comma);
    if (hop.size() < 2 || hop.front() != '@' || !is_domain(hop.substr(1))) return false;
    if (comma == route.npos) return true;
    route.remove_prefix(comma + 1);
  }
}

// Where the path ends: the first '>' outside a quoted string.
std::size_t end_of_path(std::string_view text) {
  bool is_quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == '>' && !is_quoted) {
      return i;
    }
  }
  return text.npos;
}

bool is_mailbox(std::string_view mailbox, PathKind kind) {
  const bool is_quoted = !mailbox.empty() && mailbox.front() == '"';
  const std::size_t local = is_quoted ? quoted_string(mailbox) : dot_string(mailbox);
  if (local == 0) return false;
  if (local == mailbox.size()) {
    return kind == PathKind::Forward && equal_ignoring_case(mailbox, "postmaster");
  }
  if (mailbox[local] != '@') return false;
  const std::string_view domain = mailbox.substr(local + 1);
  return is_domain(domain) || is_address_literal(domain);
}

}  // namespace

Result<Path> parse_path(std::string_view text, PathKind kind) {
  if (text.empty() || text.front() != '<') return kPathMalformed;
  const std::size_t end = end_of_path(text);
  if (end == text.npos) return kPathMalformed;
  std::string_view mailbox = text.substr(1, end - 1);
  const std::string_view rest = text.substr(end + 1);
  if (!rest.empty() && rest.front() != ' ') return kPathMalformed;
  if (!is_free_of_controls(mailbox) || !is_utf8(mailbox)) return kPathMalformed;
  if (mailbox.empty()) {
    if (kind == PathKind::Forward) return kPathMalformed;
    return Path{.address = {}, .rest = rest};
  }
  if (!drop_source_route(mailbox)) return kPathMalformed;
  // RFC 5321, 4.5.3.1.3: 256 octets with the brackets.
  if (mailbox.size() > kAddressBytesMax - 2) return kPathTooLong;
  if (!is_mailbox(mailbox, kind)) return kPathMalformed;
  return Path{.address = std::string(mailbox), .rest = rest};
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string() : to_lower(address.substr(at + 1));
}

}  // namespace sealgate::netio
