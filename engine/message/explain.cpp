// SPDX-License-Identifier: Apache-2.0
#include "engine/message/explain.h"

#include <memory>
#include <utility>

#include "base/segment.h"
#include "engine/message/date_time.h"
#include "engine/message/deciding.h"
#include "engine/message/errors.h"
#include "engine/message/plan.h"
#include "engine/message/read_message.h"
#include "engine/message/refusal.h"
#include "engine/message/replies.h"
#include "engine/message/sealing_algorithms.h"
#include "engine/message/snapshot.h"
#include "engine/mime/canonical.h"
#include "engine/mime/header_text.h"
#include "engine/mime/reader.h"

namespace sealgate::engine {
namespace {

// LF alone becomes CRLF.
Result<Chain> load_lines(ByteView bytes, ChainWriter& writer) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool is_bare = bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r');
    if (!is_bare) continue;
    SG_TRY(writer.append(bytes.subspan(start, i - start)));
    SG_TRY(writer.append("\r\n"));
    start = i + 1;
  }
  SG_TRY(writer.append(bytes.subspan(start)));
  return writer.take();
}

std::uint32_t segments_for(std::uint64_t size) {
  // Line ends may double the size, and the canonical form is written beside it.
  constexpr std::uint64_t kSpare = 64;
  return static_cast<std::uint32_t>(size * 6 / kSegmentBytes + kSpare);
}

std::string tls_name(TlsNeed need) {
  switch (need) {
    case TlsNeed::AsRouted:
      return "as routed";
    case TlsNeed::Required:
      return "required";
    case TlsNeed::Verified:
      return "verified";
  }
  return "";
}

// What stands around the content, outermost first.
std::string layers_of(const Plan& plan, const PlannedCopy& copy) {
  std::string layers;
  if (copy.cipher) {
    layers += cms::is_authenticated(*copy.cipher) ? "application/pkcs7-mime (authEnveloped-data) > "
                                                  : "application/pkcs7-mime (enveloped-data) > ";
  }
  if (copy.signature) {
    const bool is_clear = plan.signatures[*copy.signature].form == policy::SignatureForm::Clear;
    layers += is_clear ? "multipart/signed > " : "application/pkcs7-mime (signed-data) > ";
  }
  return layers;
}

// Makes an Explanation by the steps of the pipeline.
class Explainer {
 public:
  Explainer(const Snapshot& snapshot, const ReadMessage& message, const Envelope& envelope,
            SegmentPool& pool, const Now& now)
      : snapshot_(snapshot),
        message_(message),
        envelope_(envelope),
        pool_(pool),
        decider_(snapshot, message, envelope, now.wall) {}

  Explanation explain(PartialRefusal partial_refusal);

 private:
  void describe_message();
  void decide();
  void plan(PartialRefusal partial_refusal);
  void describe_copies(const Plan& plan);
  void try_canonical_form();
  void refuse(Reply reply);

  const Snapshot& snapshot_;
  const ReadMessage& message_;
  const Envelope& envelope_;
  SegmentPool& pool_;
  Decider decider_;
  trust::ChainCache chains_;
  std::vector<DecidedRecipient> decided_;
  Explanation explanation_;
};

ExplainedCertificate describe(const trust::Candidate& candidate) {
  const trust::Certificate& certificate = *candidate.certificate;
  return {.subject = certificate.subject_text(),
          .issuer = certificate.issuer_text(),
          .serial = certificate.serial_text(),
          .sha256 = to_hex(certificate.sha256()),
          .origin = candidate.origin,
          .addresses = certificate.addresses(),
          .not_before = short_date(certificate.not_before()),
          .not_after = short_date(certificate.not_after()),
          .is_chosen = candidate.outcome == trust::Outcome::Chosen,
          .outcome = std::string(trust::name_of(candidate.outcome)),
          .reason = candidate.reason};
}

std::vector<ExplainedCertificate> describe(const trust::Selection& selection) {
  std::vector<ExplainedCertificate> certificates;
  for (const trust::Candidate& candidate : selection.candidates) {
    certificates.push_back(describe(candidate));
  }
  return certificates;
}

void Explainer::describe_message() {
  const mime::Structure& structure = message_.structure;
  explanation_.generation = snapshot_.generation();
  explanation_.sender = envelope_.sender;
  explanation_.header_from = message_.signer_address();
  explanation_.message_id = message_.message_id;
  explanation_.size = message_.content.size();
  const mime::HeaderField* subject = structure.find(0, "Subject", 0);
  if (subject != nullptr) {
    explanation_.subject = mime::decode_header_text(structure.value(*subject));
  }
  explanation_.outgoing_subject = explanation_.subject;
  for (const Finding& finding : structure.findings()) {
    std::string text(name_of(finding.kind));
    if (finding.part != 0) text += " (part " + std::to_string(finding.part) + ")";
    explanation_.findings.push_back(std::move(text));
  }
  explanation_.notes = decider_.notes();
  std::vector<std::string>& notes = explanation_.notes;
  notes.emplace_back("a Received field is added on top");
  if (!message_.has_date) notes.emplace_back("a Date field is added: the message has none");
  if (message_.message_id.empty()) {
    notes.emplace_back("a Message-ID field is added: the message has none");
  }
  if (structure.find(0, "Bcc", 0) != nullptr) notes.emplace_back("the Bcc field is removed");
}

void Explainer::decide() {
  for (std::size_t i = 0; i < envelope_.recipients.size(); ++i) {
    DecidedRecipient decided = decider_.decide(i, chains_, Decider::Detail::Full);
    ExplainedRecipient recipient;
    recipient.address = envelope_.recipients[i].address;
    recipient.is_known_contact = decided.contact.is_known_contact;
    recipient.rule = decided.decision.rule;
    recipient.protection = protection_name(decided.protection, message_.sender_seal);
    recipient.algorithms = algorithm_names(decided);
    recipient.profile = decided.decision.profile->name;
    for (const policy::RuleTrace& rule : decided.trace) {
      recipient.rules.push_back(
          {.rule = rule.rule, .has_matched = rule.has_matched, .reason = rule.reason});
    }
    recipient.reasons = decided.protection.reasons;
    if (decided.certificate != nullptr) recipient.reasons.push_back(decided.algorithms.reason);
    recipient.certificates = describe(decided.contact);
    recipient.is_refused = decided.protection.is_refused;
    if (recipient.is_refused) recipient.reply = refusal_reply(decided.protection.refusal);
    if (decided.decision.subject) explanation_.outgoing_subject = *decided.decision.subject;
    if (i == 0) {
      explanation_.identities =
          describe(decider_.signer(*decided.decision.profile, chains_).selection);
    }
    explanation_.recipients.push_back(std::move(recipient));
    decided_.push_back(std::move(decided));
  }
}

void Explainer::refuse(Reply reply) {
  explanation_.is_refused = true;
  explanation_.reply = std::move(reply);
  explanation_.copies.clear();
}

void Explainer::describe_copies(const Plan& plan) {
  const std::string content = message_.structure.part(0).type.name();
  for (std::uint32_t i = 0; i < plan.copies.size(); ++i) {
    const PlannedCopy& copy = plan.copies[i];
    ExplainedCopy explained;
    explained.number = i;
    for (const std::uint32_t recipient : copy.recipients) {
      explained.recipients.push_back(envelope_.recipients[recipient].address);
      explanation_.recipients[recipient].copy = i;
    }
    const ExplainedRecipient& first = explanation_.recipients[copy.recipients.front()];
    explained.protection = first.protection;
    explained.algorithms = first.algorithms;
    explained.layers = layers_of(plan, copy) + content;
    explained.tls = tls_name(copy.tls);
    explained.subject = copy.subject.value_or(explanation_.subject);
    explained.why_separate = copy.why_separate;
    explanation_.copies.push_back(std::move(explained));
  }
  if (!plan.signatures.empty()) {
    explanation_.notes.push_back(std::to_string(plan.signatures.size()) +
                                 " key operation(s) on the token");
  }
}

void Explainer::try_canonical_form() {
  ChainWriter writer(pool_);
  const Result<mime::SafeEntity> entity =
      mime::make_transport_safe(message_.structure, message_.content, writer);
  if (!entity) return refuse(reply_for(entity.error()));
  if (entity.value().leaves_encoded > 0) {
    explanation_.notes.push_back(std::to_string(entity.value().leaves_encoded) +
                                 " part(s) are encoded again, so that every transport carries "
                                 "them unchanged (RFC 8551, 3.1)");
  }
}

void Explainer::plan(PartialRefusal partial_refusal) {
  RecipientStates states(decided_.size());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < decided_.size(); ++i) {
    if (!decided_[i].protection.is_refused) continue;
    states[i].fate = Fate::Refused;
    states[i].reply = explanation_.recipients[i].reply;
    ++refused;
  }
  const Result<Plan> plan = make_plan(message_, envelope_, decided_);
  if (!plan) return refuse(reply_for(plan.error()));
  describe_copies(plan.value());
  if (!plan.value().signatures.empty()) try_canonical_form();
  const bool is_whole =
      partial_refusal == PartialRefusal::RefuseAll && envelope_.protocol == Protocol::Smtp;
  if (refused == decided_.size() || (refused > 0 && is_whole)) {
    return refuse(combined_refusal(states));
  }
  if (refused > 0) {
    explanation_.notes.emplace_back("the sender gets a DSN about the refused recipients");
  }
}

Explanation Explainer::explain(PartialRefusal partial_refusal) {
  describe_message();
  decide();
  explanation_.reply = {
      .code = 250, .enhanced = "2.0.0", .text = "Accepted once every next hop has its copy"};
  plan(partial_refusal);
  return std::move(explanation_);
}

}  // namespace

Result<Explanation> explain(const Snapshot& snapshot, ByteView message, const Envelope& envelope,
                            PartialRefusal partial_refusal, const Now& now) {
  SG_CHECK(!envelope.recipients.empty());
  if (message.size() > kMessageBytesMax) return kExplainTooLarge;
  const std::unique_ptr<SegmentPool> pool =
      SG_TRY(SegmentPool::create(segments_for(message.size())));
  ChainWriter writer(*pool);
  Chain content = SG_TRY(load_lines(message, writer));
  mime::Reader reader;
  for (const Slice& slice : content.slices()) SG_TRY(reader.feed(slice.bytes));
  Result<ReadMessage> read = read_message(reader.finish(), std::move(content));
  if (!read) {
    Explanation explanation;
    explanation.generation = snapshot.generation();
    explanation.sender = envelope.sender;
    explanation.size = message.size();
    explanation.is_refused = true;
    explanation.reply = reply_for(read.error());
    return explanation;
  }
  Explainer explainer(snapshot, read.value(), envelope, *pool, now);
  return explainer.explain(partial_refusal);
}

}  // namespace sealgate::engine
