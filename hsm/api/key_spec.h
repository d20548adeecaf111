// SPDX-License-Identifier: Apache-2.0
//
// What key to generate on a token, and what came out. Private keys are always sensitive and not
// extractable.
#pragma once

#include <cstdint>
#include <string>

#include "hsm/api/key_operation.h"
#include "hsm/api/token_report.h"

namespace sealgate::hsm {

enum class KeyAlgorithm : std::uint8_t { Rsa2048, Rsa3072, Rsa4096, P256, P384, Ed25519 };

// One key does one thing: a key that signs and decrypts could be made to sign by decrypting.
enum class KeyUsage : std::uint8_t {
  Sign,
  Decrypt,  // RSA: key transport. EC: key agreement (CKA_DERIVE).
};

struct KeySpec {
  std::string label;  // 1 to 64 bytes.
  Bytes id;           // CKA_ID, 1 to 64 bytes; must be new on the token.
  KeyAlgorithm algorithm = KeyAlgorithm::Rsa3072;
  KeyUsage usage = KeyUsage::Sign;
};

}  // namespace sealgate::hsm
