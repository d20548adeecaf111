// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ledger.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sealgate::sim {
namespace {

// Opening with OpenSSL costs a private-key operation: every n-th copy is opened.
constexpr std::uint64_t kOpenEvery = 8;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The value of the first "name: value" line; "" if there is none.
std::string field(const std::string& text, std::string_view name) {
  const std::string start = std::string(name) + ": ";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return "";
  const std::size_t from = at + start.size();
  return text.substr(from, text.find("\r\n", from) - from);
}

std::uint32_t number_of(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(field(text, "X-Sim-Number").c_str(), nullptr, 10));
}

std::string header_of(const std::string& text) {
  return text.substr(0, text.find("\r\n\r\n") + 2);
}

}  // namespace

Expected expected_for(std::string_view address) {
  if (address == "bob@example.net" || address == "carol@example.net") return Expected::Encrypted;
  return address == "dave@example.net" ? Expected::Nothing : Expected::Signed;
}

SimMessage& Ledger::add(SimMessage message) {
  const std::uint32_t number = message.number;
  return messages_.emplace(number, std::move(message)).first->second;
}

void Ledger::violation(const std::string& what) {
  violations_.push_back(what);
}

void Ledger::check_seal(const SimMessage& message, const std::string& text,
                        const std::string& address) {
  const std::string name = "message " + std::to_string(message.number) + " for " + address;
  const std::string header = header_of(text);
  const Expected expected = expected_for(address);
  if (expected == Expected::Nothing) return violation(name + " left although it must not");
  const bool is_encrypted = has(header, "application/pkcs7-mime") && !has(text, message.secret);
  if (expected == Expected::Encrypted && !is_encrypted) {
    return violation(name + " left unencrypted");
  }
  if (expected == Expected::Signed && !has(header, "multipart/signed")) {
    return violation(name + " left unsigned");
  }
  if (has(text, "Bcc:")) violation(name + " left with a Bcc field");
  if (++copies_ % kOpenEvery != 0) return;
  const test_support::OpenedMail mail =
      test_support::open_mail(text, cast_.opener(address, test_support::kTestTime));
  if (!mail.is_good) return violation(name + " cannot be opened: " + mail.problem);
  if (!mail.is_signed || !has(mail.content, message.secret)) {
    violation(name + " does not hold the signed content");
  }
}

void Ledger::delivered(const std::string& text, const std::vector<std::string>& addresses,
                       bool is_certain) {
  if (has(header_of(text), "multipart/report")) return take_report(text);
  const auto found = messages_.find(number_of(text));
  if (found == messages_.end()) return violation("a next hop got a mail that nobody sent");
  SimMessage& message = found->second;
  for (const std::string& address : addresses) {
    const auto recipient =
        std::find_if(message.recipients.begin(), message.recipients.end(),
                     [&](const SimRecipient& one) { return one.address == address; });
    if (recipient == message.recipients.end()) {
      violation("message " + std::to_string(message.number) + " went to " + address +
                ", whom it was not for");
      continue;
    }
    check_seal(message, text, address);
    ++recipient->delivered;
    if (!is_certain) recipient->may_be_twice = true;
    if (recipient->delivered > 1 && !recipient->may_be_twice) {
      violation("message " + std::to_string(message.number) + " was delivered twice to " + address);
    }
  }
}

void Ledger::take_report(const std::string& text) {
  const auto found = messages_.find(number_of(text));
  if (found == messages_.end()) return violation("a DSN about a mail that nobody sent");
  SimMessage& message = found->second;
  if (has(text, message.secret)) {
    violation("the DSN about message " + std::to_string(message.number) + " holds its body");
  }
  for (SimRecipient& recipient : message.recipients) {
    if (has(text, "Final-Recipient: rfc822; " + recipient.address)) ++recipient.reported;
  }
}

void Ledger::answered(std::uint32_t number, Ending ending) {
  SimMessage& message = messages_.at(number);
  message.ending = ending;
  if (ending == Ending::Accepted) check_accepted(message);
}

void Ledger::check_accepted(const SimMessage& message) {
  for (const SimRecipient& recipient : message.recipients) {
    const bool is_lost = message.is_lmtp ? recipient.is_accepted && recipient.delivered == 0
                                         : recipient.delivered == 0 && recipient.reported == 0;
    if (is_lost) {
      violation("message " + std::to_string(message.number) + " was accepted, but lost for " +
                recipient.address);
    }
  }
}

void Ledger::check_end() {
  for (const auto& [number, message] : messages_) {
    if (message.ending == Ending::Open) {
      violation("message " + std::to_string(number) + " never came to an end");
    }
    if (message.ending == Ending::Accepted) check_accepted(message);
  }
}

}  // namespace sealgate::sim
