// SPDX-License-Identifier: Apache-2.0
//
// Explains, without sending anything and without a token, what would become of a message: the
// same reading, deciding and planning as in the pipeline, with every reason kept. Plain data,
// so that it can be shown as text (render) or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "engine/api/envelope.h"
#include "engine/api/mail_io.h"
#include "engine/api/snapshot.h"
#include "engine/message/pipeline.h"

namespace sealgate::engine {

struct ExplainedCertificate {
  std::string subject;
  std::string issuer;
  std::string serial;
  std::string sha256;  // Of the DER, hexadecimal.
  std::string origin;  // The file it came from.
  std::vector<std::string> addresses;
  std::string not_before;  // RFC 3339, UTC.
  std::string not_after;
  bool is_chosen = false;
  std::string outcome;  // Stable name, "expired".
  std::string reason;   // One sentence.
};

struct ExplainedRule {
  std::string rule;
  bool has_matched = false;
  std::string reason;  // The first condition that failed, or what made it match.
};

struct ExplainedRecipient {
  std::string address;
  bool is_known_contact = false;
  std::string rule;        // The policy rule that hit.
  std::string protection;  // "signed+encrypted", "signed", "encrypted", "none", "refused".
  std::string algorithms;
  std::string profile;
  std::vector<ExplainedRule> rules;  // Every rule of the policy, in order.
  std::vector<std::string> reasons;  // What followed from the rule that hit, in order.
  std::vector<ExplainedCertificate> certificates;
  bool is_refused = false;
  Reply reply;             // Meaningful only if is_refused.
  std::uint32_t copy = 0;  // Number of its copy; meaningful only if not refused.
};

struct ExplainedCopy {
  std::uint32_t number = 0;
  std::vector<std::string> recipients;
  std::string protection;
  std::string layers;  // "application/pkcs7-mime (enveloped-data) > multipart/signed > text/plain"
  std::string algorithms;    // "rsa-pkcs1-sha256, rsaes-pkcs1, aes-256-cbc"
  std::string tls;           // "as routed", "required", "verified".
  std::string subject;       // As this copy carries it, decoded.
  std::string why_separate;  // Why it is a copy of its own; "" for the first.
};

struct Explanation {
  std::uint64_t generation = 0;
  std::string sender;            // Envelope; "" is the null sender.
  std::string header_from;       // Normal form; "" if there is none that could sign.
  std::string subject;           // Decoded.
  std::string outgoing_subject;  // Without the tag, where a recipient's rule removes it.
  std::string message_id;
  std::uint64_t size = 0;
  std::vector<std::string> findings;
  std::vector<std::string> notes;  // About the message as a whole: identity, header changes.
  std::vector<ExplainedCertificate> identities;  // Considered for signing.
  std::vector<ExplainedRecipient> recipients;
  std::vector<ExplainedCopy> copies;
  bool is_refused = false;
  Reply reply;  // What the client would be told if nothing fails on the way.
};

// `message` may have CRLF or LF line ends; LF alone is taken as CRLF, as in a file on disk.
// `partial_refusal` as the daemon is configured. Fails with kExplainTooLarge above
// kMessageBytesMax.
Result<Explanation> explain(const Snapshot& snapshot, ByteView message, const Envelope& envelope,
                            PartialRefusal partial_refusal, const Now& now);

// As text for a terminal, lines of at most about 100 columns.
std::string render(const Explanation& explanation);

}  // namespace sealgate::engine
