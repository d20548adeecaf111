// SPDX-License-Identifier: Apache-2.0
//
// An explanation as text for a terminal.
#include <string>
#include <string_view>

#include "engine/message/explain.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kTextBytesMax = 400;

// Everything shown may come from a message or a certificate.
std::string shown(std::string_view text) {
  return one_line(text, kTextBytesMax);
}

std::string address_of(std::string_view address) {
  return "<" + shown(address) + ">";
}

void add_certificates(std::string& text, const std::vector<ExplainedCertificate>& certificates,
                      std::string_view indent) {
  for (const ExplainedCertificate& certificate : certificates) {
    text += std::string(indent) + (certificate.is_chosen ? "* " : "- ") +
            shown(certificate.subject) + "\n";
    text += std::string(indent) + "    serial " + shown(certificate.serial) + " of " +
            shown(certificate.issuer) + "\n";
    text += std::string(indent) + "    valid " + certificate.not_before + " to " +
            certificate.not_after + "; from " + shown(certificate.origin) + "\n";
    text += std::string(indent) + "    " + certificate.outcome;
    text += certificate.reason.empty() ? "\n" : ": " + shown(certificate.reason) + "\n";
  }
}

void add_lines(std::string& text, std::string_view lines, std::string_view indent) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    text += std::string(indent) + shown(lines.substr(0, end)) + "\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void add_message(std::string& text, const Explanation& explanation) {
  text += "Message\n";
  text += "  envelope sender  " + address_of(explanation.sender) + "\n";
  text += "  From             " + address_of(explanation.header_from) + "\n";
  text += "  Subject          " + shown(explanation.subject) + "\n";
  if (explanation.outgoing_subject != explanation.subject) {
    text += "  leaves as        " + shown(explanation.outgoing_subject) + "\n";
  }
  text += "  size             " + std::to_string(explanation.size) + " octets, snapshot " +
          std::to_string(explanation.generation) + "\n";
  for (const std::string& finding : explanation.findings) {
    text += "  finding          " + shown(finding) + "\n";
  }
  for (const std::string& note : explanation.notes) text += "  " + shown(note) + "\n";
  if (explanation.identities.empty()) return;
  text += "\nIdentities that could sign (* = chosen)\n";
  add_certificates(text, explanation.identities, "  ");
}

void add_recipient(std::string& text, const ExplainedRecipient& recipient) {
  text += "\nRecipient " + address_of(recipient.address) +
          (recipient.is_known_contact ? " (known contact)\n" : " (not a contact)\n");
  for (const ExplainedRule& rule : recipient.rules) {
    text += std::string("  rule ") + (rule.has_matched ? "* " : "- ") + shown(rule.rule) + ": " +
            shown(rule.reason) + "\n";
  }
  for (const std::string& reason : recipient.reasons) text += "  " + shown(reason) + "\n";
  if (!recipient.certificates.empty()) {
    text += "  certificates considered (* = chosen)\n";
    add_certificates(text, recipient.certificates, "    ");
  }
  text += "  => " + recipient.protection;
  if (!recipient.algorithms.empty()) text += " (" + recipient.algorithms + ")";
  text += ", profile " + shown(recipient.profile) + "\n";
  if (recipient.is_refused) add_lines(text, recipient.reply.text, "     ");
}

void add_copy(std::string& text, const ExplainedCopy& copy) {
  text += "  copy " + std::to_string(copy.number + 1) + ": " + copy.protection;
  if (!copy.algorithms.empty()) text += " (" + copy.algorithms + ")";
  text += "\n    to ";
  for (std::size_t i = 0; i < copy.recipients.size(); ++i) {
    text += (i == 0 ? "" : ", ") + address_of(copy.recipients[i]);
  }
  text += "\n    " + shown(copy.layers) + "; TLS " + copy.tls + "\n";
  if (!copy.why_separate.empty()) text += "    by itself: " + copy.why_separate + "\n";
}

}  // namespace

std::string render(const Explanation& explanation) {
  std::string text;
  add_message(text, explanation);
  for (const ExplainedRecipient& recipient : explanation.recipients) {
    add_recipient(text, recipient);
  }
  text += "\nWhat would leave\n";
  if (explanation.copies.empty()) text += "  nothing\n";
  for (const ExplainedCopy& copy : explanation.copies) add_copy(text, copy);
  text += "\nThe client would be told\n";
  const std::string codes =
      std::to_string(explanation.reply.code) + " " + explanation.reply.enhanced + " ";
  add_lines(text, codes + explanation.reply.text, "  ");
  return text;
}

}  // namespace sealgate::engine
