// SPDX-License-Identifier: Apache-2.0
//
// How each Mechanism is said in PKCS#11, and how a signature of the token becomes one of CMS.
#pragma once

#include <cstdint>
#include <span>

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "hsm/api/key_operation.h"
#include "hsm/api/token_report.h"

// Not in the PKCS#11 2.40 header of p11-kit (PKCS#11 3.0, 2.3).
#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY (0x41UL)
#endif

namespace sealgate::hsm {

enum class KeyFamily : std::uint8_t { Rsa, Ec, Edwards, Agreement };

struct MechanismForm {
  Mechanism mechanism;
  KeyAction action;
  KeyFamily family;
  CK_MECHANISM_TYPE type;
  // The digest's bytes for a signature, else 0. Ed25519 takes any input.
  std::uint16_t digest_bytes;
  CK_MECHANISM_TYPE hash;  // Of PSS and OAEP.
  CK_ULONG mgf;
};

const MechanismForm& form_of(Mechanism mechanism);
std::span<const MechanismForm> all_forms();

// A mechanism with its parameters, as a call of PKCS#11 takes it.
class MechanismCall {
 public:
  explicit MechanismCall(const MechanismForm& form);
  // One without parameters.
  explicit MechanismCall(CK_MECHANISM_TYPE type) : mechanism_{type, nullptr, 0} {}
  MechanismCall(const MechanismCall&) = delete;  // The mechanism points into its own object.
  MechanismCall& operator=(const MechanismCall&) = delete;

  CK_MECHANISM* get() { return &mechanism_; }

 private:
  CK_MECHANISM mechanism_;
  CK_RSA_PKCS_PSS_PARAMS pss_{};
  CK_RSA_PKCS_OAEP_PARAMS oaep_{};
};

bool fits(KeyFamily family, KeyType type);

// RFC 8017, 9.2: the DER before the digest in a PKCS#1 v1.5 signature. Empty for other
// mechanisms.
ByteView digest_info_prefix(Mechanism mechanism);

// ECDSA from r || s of equal length (PKCS#11) to DER (RFC 3279, 2.2.3). Writes to the front of
// `to`; the size, or 0 where `raw` is empty, odd, above 2 * 66 or `to` too small.
std::size_t write_ecdsa_der(MutableBytes to, ByteView raw);

}  // namespace sealgate::hsm
