// SPDX-License-Identifier: Apache-2.0
#include "engine/message/deciding.h"

#include <utility>

#include "engine/cms/signed_data.h"
#include "engine/message/sealing_algorithms.h"

namespace sealgate::engine {

Decider::Decider(const Snapshot& snapshot, const ReadMessage& message, const Envelope& envelope,
                 WallTime at)
    : snapshot_(snapshot),
      message_(message),
      envelope_(envelope),
      at_(at),
      facts_(message, envelope),
      inquiry_(facts_) {}

const trust::SignerSelection& Decider::signer(const policy::Profile& profile,
                                              trust::ChainCache& cache) {
  const auto known = signers_.find(&profile);
  if (known != signers_.end()) return known->second;
  trust::SignerSelection selection;
  const std::string address = message_.signer_address();
  if (address.empty()) {
    selection.selection.reason = message_.from_problem;
  } else {
    selection = trust::select_signer(snapshot_.scope(cache, at_), snapshot_.identities(), address,
                                     profile.constraints());
  }
  return signers_.emplace(&profile, std::move(selection)).first->second;
}

void Decider::spare_sealed_content(policy::Decision& decision) const {
  const SenderSeal& seal = message_.sender_seal;
  if (decision.treatment != policy::Treatment::Seal) return;
  if (seal.is_encrypted) {
    decision.sign = policy::SignWish::Never;
    decision.encrypt = policy::EncryptWish::Never;
    decision.reasons.push_back("the sender has encrypted it already (" + seal.how +
                               "): it passes as it is");
  } else if (seal.is_signed && decision.sign != policy::SignWish::Never) {
    decision.sign = policy::SignWish::Never;
    decision.reasons.push_back("the sender has signed it already (" + seal.how +
                               "): that signature stays and none is added");
  }
}

// Bounces come from MAILER-DAEMON, who seldom has a certificate; refusing them would lose them,
// for nobody is told about mail from the null sender.
void Decider::spare_bounces(policy::Decision& decision) const {
  const bool applies = envelope_.sender.empty() && decision.treatment == policy::Treatment::Seal &&
                       decision.sign == policy::SignWish::Always;
  if (!applies) return;
  decision.sign = policy::SignWish::IfPossible;
  decision.reasons.emplace_back("from the null sender: signed only if From has an identity");
}

DecidedRecipient Decider::decide(std::size_t recipient, trust::ChainCache& cache, Detail detail) {
  const std::string& address = envelope_.recipients[recipient].address;
  DecidedRecipient decided;
  decided.decision = snapshot_.policy().decide(inquiry_, address,
                                               detail == Detail::Full ? &decided.trace : nullptr);
  spare_sealed_content(decided.decision);
  spare_bounces(decided.decision);
  const policy::Profile& profile = *decided.decision.profile;

  if (policy::needs_recipient_selection(decided.decision) || detail == Detail::Full) {
    decided.contact = trust::select_recipient(snapshot_.scope(cache, at_), snapshot_.contacts(),
                                              address, profile.constraints());
  }
  static const trust::SignerSelection kNobody;
  const bool needs_signer = policy::needs_signer_selection(decided.decision);
  const trust::SignerSelection& chosen = needs_signer ? signer(profile, cache) : kNobody;
  const std::string sender = message_.signer_address();
  decided.protection = policy::resolve(decided.decision, address, decided.contact,
                                       sender.empty() ? facts_.sender() : sender, chosen);

  if (decided.protection.is_refused) return decided;
  if (decided.protection.is_signed) decided.identity = chosen.identity;
  if (decided.protection.is_encrypted) {
    decided.certificate = decided.contact.chosen;
    // The chosen one stands first.
    const ByteView learned = decided.contact.candidates.front().capabilities;
    decided.algorithms = policy::algorithms_for(profile, *decided.certificate, learned);
  }
  return decided;
}

std::vector<std::string> Decider::notes() const {
  std::vector<std::string> notes;
  if (!message_.from_problem.empty()) notes.push_back("nobody can sign: " + message_.from_problem);
  const bool differs = !envelope_.sender.empty() && message_.from.size() == 1 &&
                       normal_or_same(envelope_.sender) != message_.from.front();
  if (differs) {
    notes.push_back("the envelope sender <" + envelope_.sender + "> is not the From address <" +
                    message_.from.front() + ">; the From address signs");
  }
  if (envelope_.sender.empty()) notes.push_back("the null sender: no DSN can be sent about it");
  return notes;
}

std::string protection_name(const policy::Protection& protection, const SenderSeal& seal) {
  if (protection.is_refused) return "refused";
  if (seal.is_encrypted) return "encrypted by sender";
  std::string name;
  if (protection.is_signed) name = "signed";
  if (seal.is_signed) name = "signed by sender";
  if (protection.is_encrypted) name += name.empty() ? "encrypted" : "+encrypted";
  return name.empty() ? "none" : name;
}

std::string algorithm_names(const DecidedRecipient& recipient) {
  std::string names;
  if (recipient.identity != nullptr) {
    names = signature_name(*recipient.identity->certificate, *recipient.decision.profile);
  }
  if (recipient.certificate != nullptr) {
    if (!names.empty()) names += ", ";
    names += key_transport_name(*recipient.certificate, recipient.algorithms.rsa_transport);
    names += ", " + std::string(policy::name_of(recipient.algorithms.cipher));
  }
  return names;
}

}  // namespace sealgate::engine
