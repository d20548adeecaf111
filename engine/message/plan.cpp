// SPDX-License-Identifier: Apache-2.0
#include "engine/message/plan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/message/sealing_algorithms.h"

namespace sealgate::engine {
namespace {

TlsNeed tls_need_of(policy::TlsWish wish) {
  switch (wish) {
    case policy::TlsWish::AsRouted:
      return TlsNeed::AsRouted;
    case policy::TlsWish::Required:
      return TlsNeed::Required;
    case policy::TlsWish::Verified:
      return TlsNeed::Verified;
  }
  return TlsNeed::Verified;
}

// NSS 3.87 does not read a message at all that has a KeyAgreeRecipientInfo beside its own
// KeyTransRecipientInfo.
bool agrees_on_key(const PlannedCopy& copy) {
  return trust::is_elliptic(copy.envelope.front().certificate->key_kind());
}

class Planner {
 public:
  Planner(const ReadMessage& message, const Envelope& envelope)
      : message_(message), envelope_(envelope) {}

  Result<void> add(std::uint32_t recipient, const DecidedRecipient& decided);
  Plan take() { return std::move(plan_); }

 private:
  Result<std::size_t> signature_for(const DecidedRecipient& decided);
  bool is_hidden(std::uint32_t recipient) const;
  bool is_same_address(const PlannedCopy& copy, const PlannedCopy& wanted) const;
  // "" if the recipient of `wanted` may share `copy`; else why not. Static storage: it is asked for
  // each pair of a recipient and a copy.
  std::string_view difference(const PlannedCopy& copy, bool is_copy_hidden,
                              const PlannedCopy& wanted, bool is_hidden) const;

  const ReadMessage& message_;
  const Envelope& envelope_;
  Plan plan_;
  std::vector<bool> hidden_;  // Parallel to plan_.copies.
};

Result<std::size_t> Planner::signature_for(const DecidedRecipient& decided) {
  const policy::Profile& profile = *decided.decision.profile;
  const cms::SignatureScheme scheme = SG_TRY(scheme_of(*decided.identity->certificate, profile));
  for (std::size_t i = 0; i < plan_.signatures.size(); ++i) {
    const PlannedSignature& known = plan_.signatures[i];
    const bool is_same =
        known.identity == decided.identity && known.scheme.mechanism == scheme.mechanism &&
        known.scheme.digest == scheme.digest && known.form == profile.signature_form;
    if (is_same) return i;
  }
  plan_.signatures.push_back({.identity = decided.identity,
                              .profile = &profile,
                              .scheme = scheme,
                              .form = profile.signature_form});
  return plan_.signatures.size() - 1;
}

bool Planner::is_hidden(std::uint32_t recipient) const {
  return !message_.visible.contains(normal_or_same(envelope_.recipients[recipient].address));
}

// A client may name a recipient twice, who is to get the message once.
bool Planner::is_same_address(const PlannedCopy& copy, const PlannedCopy& wanted) const {
  return envelope_.recipients[copy.recipients.front()].address ==
         envelope_.recipients[wanted.recipients.front()].address;
}

std::string_view Planner::difference(const PlannedCopy& copy, bool is_copy_hidden,
                                     const PlannedCopy& wanted, bool is_hidden) const {
  if (copy.cipher.has_value() != wanted.cipher.has_value()) {
    return wanted.cipher ? "encrypted, which others are not" : "not encrypted, which others are";
  }
  // What costs least first: a message may have a thousand hidden recipients and a long subject.
  if (copy.cipher && (is_hidden || is_copy_hidden) && !is_same_address(copy, wanted)) {
    return "not named in To or Cc, so no other copy may name it";
  }
  if (copy.cipher != wanted.cipher) return "another cipher";
  if (copy.cipher && agrees_on_key(copy) != agrees_on_key(wanted)) {
    return "another kind of key: some readers refuse a message that names both kinds";
  }
  if (copy.signature.has_value() != wanted.signature.has_value()) {
    return wanted.signature ? "signed, which others are not" : "not signed, which others are";
  }
  if (copy.signature != wanted.signature) return "another signature";
  if (copy.tls != wanted.tls) return "another need of TLS";
  if (copy.subject != wanted.subject) return "another subject";
  if (copy.cipher && copy.envelope.size() >= kEnvelopeRecipientsMax) {
    return "no room for more recipients in one envelope";
  }
  return "";
}

Result<void> Planner::add(std::uint32_t recipient, const DecidedRecipient& decided) {
  PlannedCopy wanted;
  wanted.recipients.push_back(recipient);
  if (decided.identity != nullptr) wanted.signature = SG_TRY(signature_for(decided));
  if (decided.certificate != nullptr) {
    wanted.cipher = cipher_of(decided.algorithms.cipher);
    wanted.envelope.push_back({.certificate = decided.certificate,
                               .rsa = transport_of(decided.algorithms.rsa_transport),
                               .id = id_kind_of(decided.algorithms.recipient_name)});
  }
  wanted.tls = tls_need_of(decided.decision.tls);
  wanted.subject = decided.decision.subject;

  const bool is_hidden = this->is_hidden(recipient);
  std::string_view why;
  for (std::size_t i = 0; i < plan_.copies.size(); ++i) {
    PlannedCopy& copy = plan_.copies[i];
    const std::string_view why_not = difference(copy, hidden_[i], wanted, is_hidden);
    if (!why_not.empty()) {
      if (why.empty()) why = why_not;
      continue;
    }
    copy.recipients.push_back(recipient);
    // A domain's certificate stands for many of its recipients.
    const bool is_named =
        std::any_of(copy.envelope.begin(), copy.envelope.end(),
                    [&](const auto& named) { return named.certificate == decided.certificate; });
    if (decided.certificate != nullptr && !is_named) {
      copy.envelope.push_back(wanted.envelope.front());
    }
    return {};
  }
  wanted.why_separate = why;
  plan_.copies.push_back(std::move(wanted));
  hidden_.push_back(is_hidden);
  return {};
}

}  // namespace

Result<Plan> make_plan(const ReadMessage& message, const Envelope& envelope,
                       std::span<const DecidedRecipient> decided) {
  Planner planner(message, envelope);
  for (std::uint32_t i = 0; i < decided.size(); ++i) {
    if (decided[i].is_settled || decided[i].protection.is_refused) continue;
    SG_TRY(planner.add(i, decided[i]));
  }
  return planner.take();
}

bool fits(const Plan& plan, std::uint64_t content_size, std::uint64_t bytes_max) {
  std::uint64_t needed = content_size;
  for (const PlannedCopy& copy : plan.copies) {
    // Base64 in lines of 76 takes 78 octets for 57. What is not encrypted shares the content.
    if (copy.cipher) needed += content_size / 57 * 78;
  }
  for (const PlannedSignature& signature : plan.signatures) {
    if (signature.form == policy::SignatureForm::Opaque) needed += content_size / 57 * 78;
  }
  return needed <= bytes_max;
}

}  // namespace sealgate::engine
