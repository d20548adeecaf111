// SPDX-License-Identifier: Apache-2.0
//
// Keys that neither encrypt nor prove anything: too short, of a form that is broken, or on the
// operator's list of keys whose private half is known to others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/trust/certificate.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::trust {

// Known-compromised keys, by the SHA-256 of their SubjectPublicKeyInfo.
// Threading: immutable; may be read from any thread.
class CompromisedKeys {
 public:
  // 32 MB. The keys of Debian's generator of 2006 to 2008 are about a quarter of that.
  static constexpr std::size_t kKeysMax = 1'000'000;

  CompromisedKeys() = default;
  // In any order, repeated or not.
  explicit CompromisedKeys(std::vector<hsm::KeyId> keys);

  bool contains(const hsm::KeyId& key) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<hsm::KeyId> keys_;  // Sorted, each once.
};

enum class WeakKeyReason : std::uint8_t {
  Kind,      // Not one that certificate.h knows.
  Length,    // RSA outside 2048 to 8192 bits.
  Exponent,  // rsa_strength.h says more of this one and the next two.
  SmallFactor,
  Roca,
  Compromised,  // On the list.
};

// What is wrong with the certificate's key; none where nothing is.
std::optional<WeakKeyReason> weak_key(const Certificate& certificate,
                                      const CompromisedKeys& compromised);

// "its RSA key has 1024 bits (2048 to 8192 are allowed)".
std::string weak_key_text(const Certificate& certificate, WeakKeyReason reason);

// Whether a path is broken by the key of one of the certificates above: "CN=Sub above it: its RSA
// key ..."; "" where not. Kinds and lengths are the trust store's to judge.
std::string weak_link(std::span<const CertificatePointer> chain,
                      const CompromisedKeys& compromised);

}  // namespace sealgate::engine::trust
