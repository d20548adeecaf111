// SPDX-License-Identifier: Apache-2.0
#include "engine/message/dsn.h"

#include <algorithm>
#include <array>

#include "engine/message/date_time.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kDiagnosticBytesMax = 900;
constexpr std::size_t kBoundaryLength = 32;

// RFC 6533, 3: an address as it stands in a 7-bit report.
std::string typed_address(std::string_view address) {
  if (is_ascii(address)) return "rfc822; " + one_line(address, kAddressBytesMax);
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text = "utf-8; ";
  const std::string clean = one_line(address, kAddressBytesMax);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto first = static_cast<std::uint8_t>(clean[i]);
    if (first < 0x80) {
      if (clean[i] == '\\') {
        text += "\\x{5C}";
      } else {
        text += clean[i];
      }
      continue;
    }
    // one_line() has left only well-formed UTF-8.
    const std::size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    std::uint32_t code = first & (0x3FU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      code = (code << 6U) | (static_cast<std::uint8_t>(clean[i + k]) & 0x3FU);
    }
    i += more;
    std::string digits;
    for (; code != 0; code >>= 4U) digits.insert(digits.begin(), kHex[code & 0xFU]);
    text += "\\x{" + digits + "}";
  }
  return text;
}

std::string status_of(const Reply& reply) {
  const bool fits = reply.enhanced.size() >= 5 && is_visible_ascii(reply.enhanced) &&
                    (reply.enhanced[0] == '4' || reply.enhanced[0] == '5');
  if (fits) return reply.enhanced;
  return reply.is_transient() ? "4.0.0" : "5.0.0";
}

std::string diagnostic_of(const Reply& reply) {
  return std::to_string(reply.code) + " " + status_of(reply) + " " +
         ascii_line(reply.text, kDiagnosticBytesMax);
}

// Lines of at most about 76 characters, broken at spaces, each after the first with `indent`.
std::string wrapped(std::string_view text, std::string_view indent) {
  constexpr std::size_t kLineMax = 76;
  std::string lines;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (used != 0 && used + 1 + end > kLineMax) {
      lines += "\r\n" + std::string(indent);
      used = indent.size();
    } else if (used != 0) {
      lines += ' ';
      ++used;
    }
    lines += text.substr(0, end);
    used += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + "\r\n";
}

std::string explanation(const DsnSource& source) {
  std::string text = "This is the mail gateway " + source.hostname + ".\r\n\r\n";
  text += "Your message could not be delivered to the recipients below.\r\n";
  for (const DsnRecipient& failed : source.failed) {
    text += "\r\n<" + one_line(failed.recipient.address, kAddressBytesMax) + ">\r\n";
    const std::string by = failed.next_hop.empty()
                               ? "This gateway says: "
                               : "The mail server " + ascii_line(failed.next_hop, 255) + " says: ";
    text += "    " + wrapped(by + diagnostic_of(failed.reply), "    ");
  }
  if (!source.delivered_to.empty()) {
    text += "\r\nThe other recipients have got it; do not send it to them again:\r\n";
    for (const std::string& address : source.delivered_to) {
      text += "    <" + one_line(address, kAddressBytesMax) + ">\r\n";
    }
  }
  return text;
}

std::string host_of(std::string_view next_hop) {
  const std::size_t colon = next_hop.rfind(':');
  return ascii_line(next_hop.substr(0, colon), 255);
}

std::string status_fields(const DsnSource& source) {
  std::string text = "Reporting-MTA: dns; " + source.hostname + "\r\n";
  if (!source.dsn_id.empty()) {
    text += "Original-Envelope-Id: " + ascii_line(decode_xtext(source.dsn_id), 255) + "\r\n";
  }
  text += "X-Sealgate-Queue-ID: " + source.queue_id + "\r\n";
  text += "Arrival-Date: " + mail_date(source.arrived_at) + "\r\n";
  for (const DsnRecipient& failed : source.failed) {
    text += "\r\n";
    if (!failed.recipient.original.empty()) {
      text += "Original-Recipient: " + ascii_line(decode_xtext(failed.recipient.original), 500) +
              "\r\n";
    }
    text += "Final-Recipient: " + typed_address(failed.recipient.address) + "\r\n";
    text += "Action: failed\r\nStatus: " + status_of(failed.reply) + "\r\n";
    if (!failed.next_hop.empty()) {
      text += "Remote-MTA: dns; " + host_of(failed.next_hop) + "\r\n";
    }
    text += "Diagnostic-Code: " + wrapped("smtp; " + diagnostic_of(failed.reply), "    ");
    text += "Last-Attempt-Date: " + mail_date(source.now) + "\r\n";
  }
  return text;
}

// The header, whole lines only.
Chain cut_header(const Chain& header) {
  if (header.size() <= kDsnHeaderBytesMax) return header;
  const std::string start = header.text(0, kDsnHeaderBytesMax);
  const std::size_t end = start.rfind("\r\n");
  return header.sub_chain(0, end == std::string::npos ? 0 : end + 2);
}

bool is_ascii_chain(const Chain& chain) {
  return std::all_of(chain.slices().begin(), chain.slices().end(),
                     [](const Slice& slice) { return is_ascii(as_text(slice.bytes)); });
}

std::string top_fields(const DsnSource& source, std::string_view boundary,
                       std::string_view message_id) {
  return "From: Mail Delivery System <MAILER-DAEMON@" + source.hostname + ">\r\nTo: <" +
         one_line(source.sender, kAddressBytesMax) + ">\r\nDate: " + mail_date(source.now) +
         "\r\nMessage-ID: <" + std::string(message_id) + "@" + source.hostname +
         ">\r\nSubject: Your message was not delivered to everyone\r\n"
         "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
         std::string(boundary) + "\"\r\n";
}

}  // namespace

bool wants_failure_report(const Recipient& recipient) {
  return recipient.notify.is_default || (!recipient.notify.never && recipient.notify.failure);
}

Result<Dsn> build_dsn(const DsnSource& source, RandomSource& random, ChainWriter& writer) {
  const std::string boundary = random_token(random, kBoundaryLength);
  const std::string message_id = random_token(random, kBoundaryLength);
  const std::string text = explanation(source);
  const Chain header = cut_header(*source.header);
  const bool is_text_ascii = is_ascii(text);
  const bool is_header_ascii = is_ascii_chain(header);

  std::string head = top_fields(source, boundary, message_id);
  if (!is_text_ascii || !is_header_ascii) head += "Content-Transfer-Encoding: 8bit\r\n";
  head += "\r\n--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n";
  head += is_text_ascii ? "\r\n" : "Content-Transfer-Encoding: 8bit\r\n\r\n";
  head += text + "\r\n--" + boundary + "\r\nContent-Type: message/delivery-status\r\n\r\n";
  head += status_fields(source);
  head += "\r\n--" + boundary + "\r\nContent-Type: text/rfc822-headers\r\n";
  head += is_header_ascii ? "\r\n" : "Content-Transfer-Encoding: 8bit\r\n\r\n";

  const Result<void> begun = writer.append(head);
  if (begun) writer.append(header);
  const Result<void> ended = begun ? writer.append("\r\n--" + boundary + "--\r\n") : begun;
  Dsn dsn{.content = writer.take()};
  if (!ended) return ended.error();
  if (!is_text_ascii || !is_header_ascii) dsn.body = BodyType::EightBitMime;
  dsn.needs_smtputf8 = !is_ascii(source.sender);
  return dsn;
}

}  // namespace sealgate::engine
