// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/protection.h"

#include "engine/trust/utf8.h"

namespace sealgate::engine::policy {
namespace {

constexpr std::size_t kAddressShownMax = 300;

std::string shown(std::string_view address) {
  return address.empty() ? "(nobody)" : trust::printable(address, kAddressShownMax);
}

// What the sender, or whoever he asks, can do about it.
std::string advice(const trust::Selection& contact) {
  if (contact.candidates.empty()) {
    return "Ask the recipient for his S/MIME certificate and give it to your mail administrator, "
           "or send the message in a way that needs no encryption.";
  }
  switch (contact.candidates.front().outcome) {
    case trust::Outcome::Expired:
    case trust::Outcome::Revoked:
    case trust::Outcome::WeakKey:
    case trust::Outcome::KeyShared:
    case trust::Outcome::WrongKeyUsage:
    case trust::Outcome::WrongExtendedKeyUsage:
      return "Ask the recipient for a new S/MIME certificate for encryption and give it to your "
             "mail administrator.";
    case trust::Outcome::NotYetValid:
      return "Send the message again when the certificate is valid, or ask the recipient for "
             "another one.";
    case trust::Outcome::NoTrustPath:
      return "Ask your mail administrator to check who issued the recipient's certificate.";
    case trust::Outcome::AddressMismatch:
      return "Write the recipient's address exactly as in his certificate.";
    case trust::Outcome::AlgorithmNotAllowed:
    case trust::Outcome::Chosen:
    case trust::Outcome::DomainOnly:
    case trust::Outcome::OlderThanChosen:
      return "Ask your mail administrator which certificates the profile for this recipient "
             "takes.";
  }
  return "";
}

void refuse_unencrypted(Protection& protection, std::string_view recipient,
                        const trust::Selection& contact) {
  protection.is_refused = true;
  protection.refusal = "Not sent to " + shown(recipient) + ": it must be encrypted, and " +
                       contact.reason + ".\n" + advice(contact);
  protection.reasons.push_back("not sent: " + contact.reason);
}

void encrypt(Protection& protection, EncryptWish wish, std::string_view recipient,
             const trust::Selection& contact) {
  if (wish == EncryptWish::Never) {
    protection.reasons.emplace_back("not encrypted: the rule says never");
  } else if (contact.chosen != nullptr) {
    protection.is_encrypted = true;
    protection.reasons.push_back("encrypted: " + contact.reason);
  } else if (wish == EncryptWish::IfPossible) {
    protection.reasons.push_back("not encrypted: " + contact.reason);
  } else if (wish == EncryptWish::Known && !contact.is_known_contact) {
    protection.reasons.push_back("not encrypted: " + contact.reason);
  } else {
    refuse_unencrypted(protection, recipient, contact);
  }
}

void sign(Protection& protection, SignWish wish, std::string_view sender,
          const trust::SignerSelection& signer) {
  if (wish == SignWish::Never) {
    protection.reasons.emplace_back("not signed: the rule says never");
  } else if (signer.identity != nullptr) {
    protection.is_signed = true;
    protection.reasons.push_back("signed: " + signer.selection.reason);
  } else if (wish == SignWish::IfPossible) {
    protection.reasons.push_back("not signed: " + signer.selection.reason);
  } else {
    protection.is_refused = true;
    protection.refusal = "Not sent: it must be signed for " + shown(sender) + ", and " +
                         signer.selection.reason +
                         ".\nAsk your mail administrator for a signing certificate for this "
                         "address, or for a rule that does not sign it.";
    protection.reasons.push_back("not sent: " + signer.selection.reason);
  }
}

}  // namespace

bool needs_recipient_selection(const Decision& decision) {
  return decision.treatment == Treatment::Seal && decision.encrypt != EncryptWish::Never;
}

bool needs_signer_selection(const Decision& decision) {
  return decision.treatment == Treatment::Seal && decision.sign != SignWish::Never;
}

Protection resolve(const Decision& decision, std::string_view recipient,
                   const trust::Selection& contact, std::string_view sender,
                   const trust::SignerSelection& signer) {
  Protection protection;
  protection.reasons = decision.reasons;
  switch (decision.treatment) {
    case Treatment::Pass:
      protection.reasons.emplace_back("passed as it came: the rule says so");
      break;
    case Treatment::Refuse:
      protection.is_refused = true;
      protection.refusal = "Not sent to " + shown(recipient) + ": " + decision.refusal;
      break;
    case Treatment::Seal:
      encrypt(protection, decision.encrypt, recipient, contact);
      if (!protection.is_refused) sign(protection, decision.sign, sender, signer);
      break;
  }
  if (protection.is_refused) {
    protection.is_signed = false;
    protection.is_encrypted = false;
  }
  return protection;
}

}  // namespace sealgate::engine::policy
