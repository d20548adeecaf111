// SPDX-License-Identifier: Apache-2.0
//
// Decrypts a content-encryption key with RSA.
//
// Invariants: each operation costs the token exactly one decryption, whatever the ciphertext.
// With PKCS#1 v1.5, outcome, size and the calls made do not depend on the ciphertext either.
#pragma once

#include "hsm/pkcs11/execute_result.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/private_key_calls.h"

namespace sealgate::hsm {

// Requires: the key is an RSA key that may decrypt, `operation` a DecryptKey with a valid
// key_bytes, and `output` zero.
ExecuteResult decrypt_rsa(PrivateKeyCalls& calls, const TokenKey& key,
                          const KeyOperation& operation, InlineBytes<kKeyOutputBytesMax>& output);

}  // namespace sealgate::hsm
