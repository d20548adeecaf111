// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/weak_key.h"

#include <algorithm>

#include "base/check.h"

namespace sealgate::engine::trust {
namespace {

std::optional<WeakKeyReason> broken_form(const Certificate& certificate) {
  switch (certificate.rsa_fault()) {
    case RsaFault::None:
      return std::nullopt;
    case RsaFault::Exponent:
      return WeakKeyReason::Exponent;
    case RsaFault::SmallFactor:
      return WeakKeyReason::SmallFactor;
    case RsaFault::Roca:
      return WeakKeyReason::Roca;
  }
  return std::nullopt;
}

}  // namespace

CompromisedKeys::CompromisedKeys(std::vector<hsm::KeyId> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  SG_CHECK(keys_.size() <= kKeysMax);
}

bool CompromisedKeys::contains(const hsm::KeyId& key) const {
  return std::binary_search(keys_.begin(), keys_.end(), key);
}

std::optional<WeakKeyReason> weak_key(const Certificate& certificate,
                                      const CompromisedKeys& compromised) {
  if (compromised.contains(certificate.key_id())) return WeakKeyReason::Compromised;
  if (certificate.key_kind() == KeyKind::Unsupported) return WeakKeyReason::Kind;
  if (!certificate.has_fit_length()) return WeakKeyReason::Length;
  return broken_form(certificate);
}

std::string weak_key_text(const Certificate& certificate, WeakKeyReason reason) {
  switch (reason) {
    case WeakKeyReason::Kind:
      return "its key is of a kind that is not supported (RSA, P-256, P-384, P-521, X25519 and "
             "Ed25519 are)";
    case WeakKeyReason::Length:
      return "its RSA key has " + std::to_string(certificate.key_bits()) +
             " bits (2048 to 8192 are allowed)";
    case WeakKeyReason::Exponent:
      return "its RSA key has an exponent that is even, below 3 or longer than 64 bits";
    case WeakKeyReason::SmallFactor:
      return "its RSA key is no product of two large primes";
    case WeakKeyReason::Roca:
      return "its RSA key was made by a chip with the ROCA fault (CVE-2017-15361)";
    case WeakKeyReason::Compromised:
      return "its key is on the list of compromised keys";
  }
  return "";
}

std::string weak_link(std::span<const CertificatePointer> chain,
                      const CompromisedKeys& compromised) {
  for (const CertificatePointer& above : chain) {
    std::optional<WeakKeyReason> reason = broken_form(*above);
    if (compromised.contains(above->key_id())) reason = WeakKeyReason::Compromised;
    if (reason) return above->subject_text() + " above it: " + weak_key_text(*above, *reason);
  }
  return "";
}

}  // namespace sealgate::engine::trust
