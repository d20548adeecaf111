// SPDX-License-Identifier: Apache-2.0
//
// What a token can do for S/MIME, concluded from its report: which signature schemes and which
// key transports, and a sentence for each that says what is missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hsm/api/token_report.h"

namespace sealgate::hsm {

enum class CapabilityState : std::uint8_t {
  Works,     // Tried with a key of the token.
  Listed,    // The token says it can; there is no key to try it with.
  Missing,   // It cannot.
  Unusable,  // It says it can, and refused or failed when tried.
};

struct SmimeCapability {
  std::string name;  // "sign RSA PKCS#1 v1.5 SHA-256", "decrypt RSA OAEP SHA-1", ...
  Mechanism mechanism = Mechanism::RsaPkcs1Sha256;
  KeyType key_type = KeyType::Other;
  CapabilityState state = CapabilityState::Missing;
  std::string sentence;  // For a person: what that means and what to do.
};

// One entry for each scheme Sealgate knows, signatures first, in a fixed order.
std::vector<SmimeCapability> smime_capabilities(const TokenReport& report);

std::string_view name_of(Mechanism mechanism);
std::string_view name_of(CapabilityState state);

}  // namespace sealgate::hsm
