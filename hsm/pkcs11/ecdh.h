// SPDX-License-Identifier: Apache-2.0
//
// Agrees on a shared secret by ECDH: on the NIST curves the x coordinate (SEC 1, 3.3.1), with
// X25519 the 32 bytes of RFC 7748.
//
// Invariants: each operation costs the token exactly one derivation, whatever the point.
#pragma once

#include "hsm/pkcs11/execute_result.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/private_key_calls.h"

namespace sealgate::hsm {

// The secret, with the point in `form` and unchecked.
CallResult derive_with_point(PrivateKeyCalls& calls, const TokenKey& key, PointForm form,
                             ByteView peer_point, MutableBytes to);

// BadInput for a point that is none, and for the all-zero secret of X25519 (RFC 7748, 6.1).
// Requires: the key may derive, `operation` is a DeriveSecret.
ExecuteResult derive_secret(PrivateKeyCalls& calls, const TokenKey& key,
                            const KeyOperation& operation, InlineBytes<kKeyOutputBytesMax>& output);

}  // namespace sealgate::hsm
