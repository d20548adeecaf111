// SPDX-License-Identifier: Apache-2.0
#include "engine/message/received.h"

#include "engine/message/date_time.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

// RFC 5321, 4.5.3.1.2: a domain has at most 255 octets.
constexpr std::size_t kDomainBytesMax = 255;

// A client's own words inside our field: nothing that could end a token or begin a comment.
std::string atom(std::string_view text) {
  std::string atom;
  for (const char c : text.substr(0, kDomainBytesMax)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
                          c == '[' || c == ']';
    atom += is_plain ? c : '?';
  }
  return atom.empty() ? "unknown" : atom;
}

std::string address_literal(std::string_view address) {
  const bool is_v6 = address.find(':') != std::string_view::npos;
  return std::string(is_v6 ? "[IPv6:" : "[") + atom(address) + "]";
}

// RFC 3848, RFC 6531 4.3.
std::string protocol_name(const Envelope& envelope) {
  if (envelope.protocol == Protocol::Lmtp) return envelope.needs_smtputf8 ? "UTF8LMTP" : "LMTP";
  if (envelope.needs_smtputf8) return "UTF8SMTP";
  return envelope.is_extended ? "ESMTP" : "SMTP";
}

}  // namespace

std::string received_value(const Envelope& envelope, std::string_view hostname,
                           std::string_view queue_id, WallTime at) {
  std::string field = "from " + atom(envelope.client_helo) + " (" +
                      address_literal(envelope.client_address) + ")\r\n\tby " + atom(hostname) +
                      " (Sealgate) with " + protocol_name(envelope) + " id " + atom(queue_id);
  if (envelope.recipients.size() == 1) {
    const std::string& address = envelope.recipients.front().address;
    if (envelope.needs_smtputf8 || is_visible_ascii(address)) {
      field += "\r\n\tfor <" + address + ">";
    }
  }
  return field + "; " + mail_date(at);
}

}  // namespace sealgate::engine
