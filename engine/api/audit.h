// SPDX-License-Identifier: Apache-2.0
//
// One record for each message, written when it reaches its one disposition. Metadata only:
// never content, never key material. app/ writes it as one JSON line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/api/envelope.h"
#include "engine/api/mail_io.h"

namespace sealgate::engine {

enum class Disposition : std::uint8_t {
  Delivered,        // Every recipient's next hop took its copy.
  PartlyDelivered,  // Some did; the sender has a DSN or LMTP replies for the rest.
  Deferred,         // Answered 4xx: the client keeps it and tries again.
  Refused,          // Answered 5xx.
  Abandoned,        // The client left before an answer; nothing was delivered.
};

struct RecipientAudit {
  std::string address;
  std::string rule;         // The policy rule that decided.
  std::string protection;   // "signed+encrypted", "signed", "encrypted", "none", "refused".
  std::string algorithms;   // "rsa-pkcs1-sha256, rsaes-pkcs1, aes-256-cbc".
  std::string certificate;  // Serial and issuer of the one encrypted to; "" if none.
  std::uint32_t copy = 0;
  std::vector<std::string> reasons;  // Why, in order, one short sentence each.
  Reply reply;
};

struct AuditRecord {
  MessageId id;
  std::string queue_id;  // Our name for it in replies, Received and DSNs; joins the logs.
  std::uint64_t generation = 0;
  WallTime at{};
  std::string sender;
  std::string header_from;
  std::string message_id;  // The Message-ID field, cut at 250 octets.
  std::string client;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint32_t copies = 0;
  std::uint32_t key_operations = 0;
  Duration latency{};  // From MessageEnded to Answer.
  Disposition disposition = Disposition::Refused;
  std::vector<RecipientAudit> recipients;
};

}  // namespace sealgate::engine
