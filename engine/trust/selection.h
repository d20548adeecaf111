// SPDX-License-Identifier: Apache-2.0
//
// Chooses the certificate to encrypt to and the identity to sign with, and says of every
// candidate why it won or lost. The same input gives the same choice, whatever the order of
// candidates: a usable one for the very address before one for its domain; then the newest
// not_before, the latest not_after, the lowest SHA-256.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/trust/certificate.h"
#include "engine/trust/chain_cache.h"
#include "engine/trust/directory.h"
#include "engine/trust/shared_keys.h"
#include "engine/trust/trust_store.h"
#include "engine/trust/usage.h"
#include "engine/trust/weak_key.h"

namespace sealgate::engine::trust {

enum class Outcome : std::uint8_t {
  Chosen,
  NotYetValid,
  Expired,
  Revoked,
  NoTrustPath,
  WrongKeyUsage,          // keyUsage lacks what the use needs.
  WrongExtendedKeyUsage,  // extendedKeyUsage does not allow mail.
  AddressMismatch,        // Filed or offered for another address, or its addresses are malformed.
  WeakKey,
  KeyShared,            // Its key is also that of somebody else (shared_keys.h).
  AlgorithmNotAllowed,  // The profile does not take this kind of key.
  DomainOnly,           // Usable, but one for the very address is too.
  OlderThanChosen,      // Usable, but a newer one is too.
};

// Stable, for JSON: "chosen", "no_trust_path".
std::string_view name_of(Outcome outcome);

// What the profile in force lets a key be.
struct KeyConstraints {
  bool allows_rsa = true;
  bool allows_elliptic = true;
  std::string profile;  // Its name, for the reason.
};

struct Candidate {
  const Certificate* certificate = nullptr;
  std::string origin = {};
  Outcome outcome = Outcome::NoTrustPath;
  std::string reason = {};  // One sentence.
  // What the contact's software has said that it can open: DER SMIMECapabilities from a signed
  // message of his; empty where none is known.
  ByteView capabilities = {};
};

struct Selection {
  std::vector<Candidate> candidates;  // Best first; the chosen one, if any, is the first.
  const Certificate* chosen = nullptr;
  // Anything is filed for the address or its domain, or its domain is malformed, so that nobody
  // can tell whether something is.
  bool is_known_contact = false;
  std::string reason;  // Why this one, or why none: one sentence.
};

// Identities of ours that can sign: their private keys are in a token.
struct Identity {
  CertificatePointer certificate;
  std::vector<CertificatePointer> intermediates;
  std::string origin;
  // Bound by the operator to this address or "@domain"; "" takes the certificate's own. A
  // certificate with the address domain-signing-authority@<domain> (RFC 3183, 3.1.1) and no
  // binding signs for its whole domain.
  std::string address;
};

struct SignerSelection {
  Selection selection;
  const Identity* identity = nullptr;  // Of selection.chosen.
};

// Everything selections are made from. Only the cache changes; results live as long as the
// directory, the identities and the store.
struct SelectionScope {
  const TrustStore& store;
  ChainCache& cache;
  const CompromisedKeys& compromised;
  const SharedKeys& shared;
  WallTime at;
};

Selection select_recipient(const SelectionScope& scope, const Directory& directory,
                           std::string_view address, const KeyConstraints& constraints);

SignerSelection select_signer(const SelectionScope& scope, const std::vector<Identity>& identities,
                              std::string_view address, const KeyConstraints& constraints);

// Whether `certificate`, taken alone, could serve: usage, strength, constraints. Chosen means
// yes. What `sealgate cert show` prints.
Candidate check_use(const Certificate& certificate, Use use, const KeyConstraints& constraints,
                    const CompromisedKeys& compromised);

}  // namespace sealgate::engine::trust
