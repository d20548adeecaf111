// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/signer_check.h"

#include <algorithm>

#include "engine/trust/address.h"
#include "engine/trust/utf8.h"

namespace sealgate::engine::trust {
namespace {

constexpr std::size_t kAddressShownMax = 300;
// A certificate may hold a thousand addresses; a sentence may not.
constexpr std::size_t kAddressesShownMax = 3;

std::string shown(std::string_view address) {
  return address.empty() ? "(nobody)" : printable(address, kAddressShownMax);
}

SignerVerdict verdict_of(SignerOutcome outcome, std::string reason) {
  return {.outcome = outcome, .reason = std::move(reason), .chain = {}};
}

SignerVerdict judge_path(const ChainVerdict& path, const CompromisedKeys& compromised) {
  const auto judged = [&](SignerOutcome outcome, const std::string& what_to_do) {
    return SignerVerdict{
        .outcome = outcome, .reason = path.reason + what_to_do, .chain = path.chain};
  };
  switch (path.outcome) {
    case ChainOutcome::Trusted:
      break;
    case ChainOutcome::NotYetValid:
      return judged(SignerOutcome::NotYetValid,
                    "; ask the sender to sign when it is, and check the clocks");
    case ChainOutcome::Expired:
      return judged(SignerOutcome::Expired, "; ask the sender to sign with a newer certificate");
    case ChainOutcome::Revoked:
      return judged(SignerOutcome::Revoked,
                    "; do not rely on the message, and ask the sender by another way");
    case ChainOutcome::NoTrustPath:
      return judged(SignerOutcome::Untrusted, "");
  }
  if (const std::string fault = weak_link(path.chain, compromised); !fault.empty()) {
    return {.outcome = SignerOutcome::Untrusted,
            .reason = fault + "; ask the sender for a certificate from elsewhere",
            .chain = path.chain};
  }
  return {.outcome = SignerOutcome::Valid, .reason = path.reason, .chain = path.chain};
}

bool is_bound_by_operator(const Certificate& signer, const Directory& contacts,
                          std::string_view from) {
  const std::vector<FoundEntry> found = contacts.candidates(from);
  return std::any_of(found.begin(), found.end(), [&](const FoundEntry& one) {
    const Binding binding = one.entry->binding;
    return one.is_exact && (binding == Binding::Operator || binding == Binding::Domain) &&
           one.entry->certificate->sha256() == signer.sha256();
  });
}

bool differ_in_case_alone(std::string_view left, std::string_view right) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return fold(a) == fold(b); });
}

std::string wrong_sender_text(const Certificate& signer, std::string_view from) {
  std::string names;
  const std::vector<std::string>& own = signer.addresses();
  for (std::size_t i = 0; i < std::min(own.size(), kAddressesShownMax); ++i) {
    names += (i == 0 ? "" : ", ") + shown(own[i]);
    if (differ_in_case_alone(own[i], from)) names += " (another spelling)";
  }
  if (own.size() > kAddressesShownMax) {
    names += " and " + std::to_string(own.size() - kAddressesShownMax) + " more";
  }
  return "it is the certificate of " + names + ", not of the From address " + shown(from) +
         "; ask the sender to write from the address in his certificate";
}

bool holds(const Certificate& signer, std::string_view address) {
  const std::vector<std::string>& own = signer.addresses();
  return std::find(own.begin(), own.end(), address) != own.end();
}

SignerVerdict judge_sender(const Certificate& signer, const Directory& contacts,
                           std::string_view from) {
  if (from.empty()) {
    return verdict_of(SignerOutcome::WrongSender,
                      "the message has no From address that it could be compared with; ask the "
                      "sender to write from the address in his certificate");
  }
  if (holds(signer, from)) return verdict_of(SignerOutcome::Valid, "it holds " + shown(from));
  if (is_bound_by_operator(signer, contacts, from)) {
    return verdict_of(SignerOutcome::ValidForDomain,
                      "the operator has bound it to " + shown(from) + " or its domain");
  }
  if (holds(signer, domain_authority_of(from))) {
    return verdict_of(SignerOutcome::ValidForDomain,
                      "it is that of the signing authority of " + shown(domain_of(from)));
  }
  if (!signer.addresses().empty()) {
    return verdict_of(SignerOutcome::WrongSender, wrong_sender_text(signer, from));
  }
  if (signer.malformed_addresses() != 0) {
    return verdict_of(SignerOutcome::MalformedAddress,
                      "its addresses are malformed; ask the sender for a correct certificate, and "
                      "beware: it may be a trick");
  }
  return verdict_of(SignerOutcome::NoAddress,
                    "it holds no mail address; ask the sender for a certificate with his address, "
                    "or bind it to " +
                        shown(from));
}

}  // namespace

std::string_view name_of(SignerOutcome outcome) {
  switch (outcome) {
    case SignerOutcome::Valid:
      return "valid";
    case SignerOutcome::ValidForDomain:
      return "valid_for_domain";
    case SignerOutcome::WrongSender:
      return "wrong_sender";
    case SignerOutcome::WrongUsage:
      return "wrong_usage";
    case SignerOutcome::Untrusted:
      return "untrusted";
    case SignerOutcome::NotYetValid:
      return "not_yet_valid";
    case SignerOutcome::Expired:
      return "expired";
    case SignerOutcome::Revoked:
      return "revoked";
    case SignerOutcome::WeakKey:
      return "weak_key";
    case SignerOutcome::KeyShared:
      return "key_shared";
    case SignerOutcome::NoAddress:
      return "no_address";
    case SignerOutcome::MalformedAddress:
      return "malformed_address";
  }
  return "";
}

SignerVerdict check_signer(const SelectionScope& scope, const Certificate& signer,
                           std::span<const CertificatePointer> extra, const Directory& contacts,
                           std::string_view from) {
  if (const std::optional<WeakKeyReason> weakness = weak_key(signer, scope.compromised)) {
    return verdict_of(SignerOutcome::WeakKey,
                      weak_key_text(signer, *weakness) + "; ask the sender for a new certificate");
  }
  std::string fault = key_usage_fault(signer, Use::Sign);
  if (fault.empty()) fault = extended_usage_fault(signer);
  if (!fault.empty()) {
    return verdict_of(SignerOutcome::WrongUsage,
                      fault + "; ask the sender to sign with a certificate for signatures");
  }
  SignerVerdict verdict =
      judge_path(scope.cache.verify(scope.store, signer, extra, scope.at), scope.compromised);
  if (verdict.outcome != SignerOutcome::Valid) return verdict;
  if (const std::optional<std::string> other = scope.shared.other_holder(signer)) {
    verdict.outcome = SignerOutcome::KeyShared;
    verdict.reason = "its key is also that of " + shown(*other) + ", who could sign as " +
                     shown(from) + "; each of them needs a key of his own";
    return verdict;
  }
  SignerVerdict sender = judge_sender(signer, contacts, from);
  if (!verdict.reason.empty()) sender.reason += "; " + verdict.reason;
  sender.chain = std::move(verdict.chain);
  return sender;
}

}  // namespace sealgate::engine::trust
