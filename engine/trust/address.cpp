// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/address.h"

#include <algorithm>
#include <idn2.h>
#include <memory>

#include "base/limits.h"
#include "engine/trust/errors.h"
#include "engine/trust/utf8.h"

namespace sealgate::engine::trust {
namespace {

constexpr std::size_t kDomainBytesMax = 253;  // RFC 1035, 2.3.4, as text.
constexpr std::size_t kLabelBytesMax = 63;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Letters, digits and inner hyphens; the underscore is met in real mail domains.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kDomainBytesMax) return false;
  while (true) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

// RFC 5321, 4.1.3: "[192.0.2.1]", "[ipv6:2001:db8::1]".
bool is_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.size() > kDomainBytesMax) return false;
  if (domain.front() != '[' || domain.back() != ']') return false;
  const std::string_view inside = domain.substr(1, domain.size() - 2);
  return std::all_of(inside.begin(), inside.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == ':' || c == '-';
  });
}

Result<std::string> to_a_labels(std::string_view domain) {
  std::size_t offset = 0;
  while (offset < domain.size()) {
    const std::optional<char32_t> point = next_code_point(domain, offset);
    if (!point || is_unprintable(*point)) return kAddressMalformed;
  }
  const std::string terminated(domain);
  char* converted = nullptr;
  const int code =
      idn2_to_ascii_8z(terminated.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) return Error(kAddressMalformed, code);
  std::string result(converted);
  idn2_free(converted);
  return result;
}

Result<std::string> normal_domain_name(std::string_view domain) {
  if (domain.size() > kAddressBytesMax) return kAddressMalformed;
  std::string name = lower(domain);
  if (!is_ascii(domain)) {
    const std::string converted = SG_TRY(to_a_labels(domain));
    name = lower(converted);
  }
  if (!is_domain(name) && !is_literal(name)) return kAddressMalformed;
  return name;
}

// RFC 5322, 3.2.3 with RFC 6532: dot-atom, dots anywhere since real addresses have them so.
bool is_dot_atom(std::string_view local) {
  constexpr std::string_view kSpecials = "()<>[]:;@\\,\"";
  if (local.empty()) return false;
  std::size_t offset = 0;
  while (offset < local.size()) {
    const std::optional<char32_t> point = next_code_point(local, offset);
    if (!point || is_unprintable(*point)) return false;
    if (*point < 0x80 && kSpecials.find(static_cast<char>(*point)) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// What a quoted local part (RFC 5321, 4.1.2) says, when it is a complete one and says something
// that an unquoted one can say too: "bob"@example.org is bob@example.org.
std::optional<std::string> unquote(std::string_view local) {
  if (local.size() < 3 || local.front() != '"' || local.back() != '"') return std::nullopt;
  const std::string_view inside = local.substr(1, local.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '"') return std::nullopt;
    if (inside[i] == '\\' && ++i == inside.size()) return std::nullopt;
    text.push_back(inside[i]);
  }
  if (!is_dot_atom(text)) return std::nullopt;
  return text;
}

}  // namespace

Result<std::string> normal_address(std::string_view address) {
  if (address.size() > kAddressBytesMax) return kAddressMalformed;
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return kAddressMalformed;
  std::string local(address.substr(0, at));
  if (const std::optional<std::string> plain = unquote(local)) local = *plain;
  if (!is_dot_atom(local)) return kAddressMalformed;
  const std::string domain = SG_TRY(normal_domain_of(address));
  return local + domain;
}

Result<std::string> normal_domain(std::string_view domain) {
  if (!domain.empty() && domain.front() == '@') domain.remove_prefix(1);
  const std::string name = SG_TRY(normal_domain_name(domain));
  return "@" + name;
}

Result<std::string> normal_domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return kAddressMalformed;
  std::string_view domain = address.substr(at + 1);
  // The root's dot: DNS takes it for the same domain, so must we.
  if (domain.size() > 1 && domain.back() == '.') domain.remove_suffix(1);
  const std::string name = SG_TRY(normal_domain_name(domain));
  return "@" + name;
}

std::string_view domain_of(std::string_view normal_address) {
  const std::size_t at = normal_address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : normal_address.substr(at);
}

std::string domain_authority_of(std::string_view normal_address) {
  return "domain-signing-authority" + std::string(domain_of(normal_address));
}

Result<std::string> certificate_address(std::string_view address, NameForm form) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return kAddressMalformed;
  const std::string_view local = address.substr(0, at);
  const bool has_quotes = local.find('"') != std::string_view::npos;
  if (has_quotes || address.back() == '.' || address.back() == ']') return kAddressMalformed;
  switch (form) {
    case NameForm::Rfc822Name:
      if (!is_ascii(address)) return kAddressMalformed;
      break;
    case NameForm::SmtpUtf8Mailbox:
      // RFC 9598, 3: never for an address that rfc822Name can carry; else one could slip
      // past name constraints on the other form.
      if (is_ascii(local)) return kAddressMalformed;
      break;
  }
  return normal_address(address);
}

}  // namespace sealgate::engine::trust
