// SPDX-License-Identifier: Apache-2.0
//
// What senders of encrypted mail do with a recipient's public key, and what attackers do: by
// OpenSSL alone, so that our own code is not checked by itself. A failure ends the process.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace sealgate::test_support {

// `public_key` is a DER SubjectPublicKeyInfo throughout; digests are OpenSSL's names.
Bytes encrypt_pkcs1(ByteView public_key, ByteView key);
Bytes encrypt_oaep(ByteView public_key, ByteView key, std::string_view digest,
                   std::string_view mgf1_digest);
// Raw RSA of a whole encryption block, well formed or not.
Bytes encrypt_block(ByteView public_key, ByteView block);

Bytes rsa_modulus(ByteView public_key);

// Makes a key like `public_key` and agrees with it: the point to send, and the secret.
struct Agreed {
  Bytes point;
  Bytes secret;
};
Agreed agree_with(ByteView public_key);

}  // namespace sealgate::test_support
