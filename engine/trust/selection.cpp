// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/selection.h"

#include <algorithm>
#include <tuple>

#include "engine/trust/address.h"
#include "engine/trust/name_text.h"
#include "engine/trust/utf8.h"

namespace sealgate::engine::trust {
namespace {

constexpr std::size_t kAddressShownMax = 300;

// A candidate with what it is ranked by.
struct Ranked {
  Candidate candidate;
  bool is_for_domain = false;
  const Identity* identity = nullptr;
};

Outcome outcome_of(ChainOutcome outcome) {
  switch (outcome) {
    case ChainOutcome::Trusted:
      return Outcome::Chosen;
    case ChainOutcome::NotYetValid:
      return Outcome::NotYetValid;
    case ChainOutcome::Expired:
      return Outcome::Expired;
    case ChainOutcome::Revoked:
      return Outcome::Revoked;
    case ChainOutcome::NoTrustPath:
      return Outcome::NoTrustPath;
  }
  return Outcome::NoTrustPath;
}

std::string constraint_fault(const Certificate& certificate, const KeyConstraints& constraints) {
  const bool is_rsa = certificate.key_kind() == KeyKind::Rsa;
  if (is_rsa ? constraints.allows_rsa : constraints.allows_elliptic) return "";
  return "profile " + constraints.profile + " does not take " +
         (is_rsa ? "RSA keys" : "elliptic-curve keys");
}

void judge(Ranked& ranked, Use use, const SelectionScope& scope, const KeyConstraints& constraints,
           std::span<const CertificatePointer> extra) {
  Candidate& candidate = ranked.candidate;
  const Candidate alone = check_use(*candidate.certificate, use, constraints, scope.compromised);
  candidate.outcome = alone.outcome;
  candidate.reason = alone.reason;
  if (candidate.outcome != Outcome::Chosen) return;
  const ChainVerdict& verdict =
      scope.cache.verify(scope.store, *candidate.certificate, extra, scope.at);
  candidate.outcome = outcome_of(verdict.outcome);
  candidate.reason = verdict.reason;
  if (candidate.outcome != Outcome::Chosen) return;
  if (std::string fault = weak_link(verdict.chain, scope.compromised); !fault.empty()) {
    candidate.outcome = Outcome::NoTrustPath;
    candidate.reason = std::move(fault);
  } else if (const auto other = scope.shared.other_holder(*candidate.certificate)) {
    candidate.outcome = Outcome::KeyShared;
    candidate.reason = "its key is also that of " + printable(*other, kAddressShownMax) +
                       ", who could read the mail; each of them needs a key of his own";
  }
}

// How near to usable: what an operator can best do something about comes first.
int distance(Outcome outcome) {
  switch (outcome) {
    case Outcome::Chosen:
    case Outcome::DomainOnly:
    case Outcome::OlderThanChosen:
      return 0;
    case Outcome::Revoked:
    case Outcome::Expired:
    case Outcome::NotYetValid:
      return 1;
    case Outcome::NoTrustPath:
      return 2;
    case Outcome::AlgorithmNotAllowed:
    case Outcome::WeakKey:
    case Outcome::KeyShared:
      return 3;
    case Outcome::WrongKeyUsage:
    case Outcome::WrongExtendedKeyUsage:
      return 4;
    case Outcome::AddressMismatch:
      return 5;
  }
  return 5;
}

// Usable before unusable, the very address before the domain, then the newest not_before, the
// latest not_after, the lowest SHA-256.
auto rank(const Ranked& ranked) {
  const Certificate& certificate = *ranked.candidate.certificate;
  return std::make_tuple(distance(ranked.candidate.outcome), ranked.is_for_domain,
                         -certificate.not_before().time_since_epoch().count(),
                         -certificate.not_after().time_since_epoch().count(), certificate.sha256());
}

std::string why_chosen(const Ranked& chosen) {
  std::string text = chosen.candidate.certificate->name() + " (" + chosen.candidate.origin +
                     ") is usable until " + time_text(chosen.candidate.certificate->not_after());
  if (chosen.is_for_domain) text += ", for the whole domain";
  if (!chosen.candidate.reason.empty()) text += "; " + chosen.candidate.reason;
  return text;
}

void explain_losers(std::vector<Ranked>& ranked) {
  const bool is_for_domain = ranked.front().is_for_domain;
  for (std::size_t i = 1; i < ranked.size(); ++i) {
    Candidate& candidate = ranked[i].candidate;
    if (candidate.outcome != Outcome::Chosen) continue;
    if (ranked[i].is_for_domain != is_for_domain) {
      candidate.outcome = Outcome::DomainOnly;
      candidate.reason = "usable, but a certificate for the very address goes first";
    } else {
      candidate.outcome = Outcome::OlderThanChosen;
      candidate.reason = "usable, but the chosen one is newer";
    }
  }
}

// Orders, chooses and explains. `whom` is "bob@example.org".
const Ranked* choose(std::vector<Ranked>& ranked, std::string_view whom, Selection& selection) {
  std::sort(ranked.begin(), ranked.end(),
            [](const Ranked& left, const Ranked& right) { return rank(left) < rank(right); });
  const std::string shown = printable(whom, kAddressShownMax);
  const Ranked* chosen = nullptr;
  if (ranked.empty()) {
    selection.reason = "no certificate for " + shown + " is known";
  } else if (ranked.front().candidate.outcome != Outcome::Chosen) {
    const Candidate& best = ranked.front().candidate;
    selection.reason = "none of " + std::to_string(ranked.size()) + " certificate(s) for " + shown +
                       " is usable: " + best.certificate->name() + ": " + best.reason;
  } else {
    chosen = &ranked.front();
    explain_losers(ranked);
    selection.chosen = chosen->candidate.certificate;
    selection.reason = why_chosen(*chosen);
    ranked.front().candidate.reason = selection.reason;
  }
  for (const Ranked& one : ranked) selection.candidates.push_back(one.candidate);
  return chosen;
}

enum class Match : std::uint8_t { None, Address, Domain };

Match match(const Identity& identity, const std::string& address) {
  const std::string_view domain = domain_of(address);
  if (identity.address.starts_with('@')) {
    const Result<std::string> bound = normal_domain(identity.address);
    return bound && bound.value() == domain ? Match::Domain : Match::None;
  }
  if (!identity.address.empty()) {
    const Result<std::string> bound = normal_address(identity.address);
    return bound && bound.value() == address ? Match::Address : Match::None;
  }
  const std::vector<std::string>& own = identity.certificate->addresses();
  if (std::find(own.begin(), own.end(), address) != own.end()) return Match::Address;
  if (std::find(own.begin(), own.end(), domain_authority_of(address)) != own.end()) {
    return Match::Domain;
  }
  return Match::None;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Chosen:
      return "chosen";
    case Outcome::NotYetValid:
      return "not_yet_valid";
    case Outcome::Expired:
      return "expired";
    case Outcome::Revoked:
      return "revoked";
    case Outcome::NoTrustPath:
      return "no_trust_path";
    case Outcome::WrongKeyUsage:
      return "wrong_key_usage";
    case Outcome::WrongExtendedKeyUsage:
      return "wrong_extended_key_usage";
    case Outcome::AddressMismatch:
      return "address_mismatch";
    case Outcome::WeakKey:
      return "weak_key";
    case Outcome::KeyShared:
      return "key_shared";
    case Outcome::AlgorithmNotAllowed:
      return "algorithm_not_allowed";
    case Outcome::DomainOnly:
      return "domain_only";
    case Outcome::OlderThanChosen:
      return "older_than_chosen";
  }
  return "";
}

Candidate check_use(const Certificate& certificate, Use use, const KeyConstraints& constraints,
                    const CompromisedKeys& compromised) {
  const auto lost = [&](Outcome outcome, std::string reason) {
    return Candidate{.certificate = &certificate, .outcome = outcome, .reason = std::move(reason)};
  };
  if (const std::optional<WeakKeyReason> weakness = weak_key(certificate, compromised)) {
    return lost(Outcome::WeakKey, weak_key_text(certificate, *weakness));
  }
  if (std::string fault = key_usage_fault(certificate, use); !fault.empty()) {
    return lost(Outcome::WrongKeyUsage, std::move(fault));
  }
  if (std::string fault = extended_usage_fault(certificate); !fault.empty()) {
    return lost(Outcome::WrongExtendedKeyUsage, std::move(fault));
  }
  if (std::string fault = constraint_fault(certificate, constraints); !fault.empty()) {
    return lost(Outcome::AlgorithmNotAllowed, std::move(fault));
  }
  return Candidate{.certificate = &certificate, .outcome = Outcome::Chosen};
}

Selection select_recipient(const SelectionScope& scope, const Directory& directory,
                           std::string_view address, const KeyConstraints& constraints) {
  Selection selection;
  // The next hop may read such a domain in its own way, as that of a contact. A name without
  // domain is a mailbox of the next hop's.
  if (address.find('@') != std::string_view::npos && !normal_domain_of(address)) {
    selection.is_known_contact = true;
    selection.reason = "the domain of " + printable(address, kAddressShownMax) + " is malformed";
    return selection;
  }
  std::vector<Ranked> ranked;
  for (const FoundEntry& found : directory.candidates(address)) {
    Ranked one;
    one.candidate.certificate = found.entry->certificate.get();
    one.candidate.origin = found.entry->origin;
    one.candidate.capabilities = found.entry->capabilities;
    one.is_for_domain = found.entry->binding == Binding::Domain;
    if (found.is_exact) {
      judge(one, Use::Encrypt, scope, constraints, {});
    } else {
      one.candidate.outcome = Outcome::AddressMismatch;
      one.candidate.reason = "it is for " + printable(found.address, kAddressShownMax) +
                             ", spelled differently; address the message so";
    }
    ranked.push_back(std::move(one));
  }
  selection.is_known_contact = !ranked.empty();
  choose(ranked, address, selection);
  return selection;
}

SignerSelection select_signer(const SelectionScope& scope, const std::vector<Identity>& identities,
                              std::string_view address, const KeyConstraints& constraints) {
  SignerSelection result;
  std::vector<Ranked> ranked;
  const Result<std::string> normal = normal_address(address);
  for (const Identity& identity : identities) {
    Ranked one;
    one.candidate.certificate = identity.certificate.get();
    one.candidate.origin = identity.origin;
    one.identity = &identity;
    const Match matched = normal ? match(identity, normal.value()) : Match::None;
    if (matched == Match::None) continue;
    one.is_for_domain = matched == Match::Domain;
    judge(one, Use::Sign, scope, constraints, identity.intermediates);
    ranked.push_back(std::move(one));
  }
  result.selection.is_known_contact = !ranked.empty();
  if (const Ranked* chosen = choose(ranked, address, result.selection)) {
    result.identity = chosen->identity;
  }
  return result;
}

}  // namespace sealgate::engine::trust
