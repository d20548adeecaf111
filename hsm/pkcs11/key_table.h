// SPDX-License-Identifier: Apache-2.0
//
// KeyTable is the immutable list of a token's private keys with everything an operation needs:
// the object handle, the attributes and the public half.
//
// Threading: immutable once built.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "base/result.h"
#include "hsm/api/token_report.h"
#include "hsm/pkcs11/key_ways.h"
#include "hsm/pkcs11/public_key.h"

namespace sealgate::hsm {

struct TokenKey {
  KeyReport report;
  CK_OBJECT_HANDLE handle = 0;
  std::shared_ptr<const PublicKey> public_key;  // Null where the token shows no public half.
  KeyWays ways;
  // What the token is asked instead of an input that no token can take: a ciphertext of noise for
  // a key that decrypts, the key's own point for one that derives; else empty.
  Bytes substitute;
};

class KeyTable {
 public:
  // Objects beyond this are not read: far above what tokens hold.
  static constexpr std::size_t kKeysMax = 16384;

  explicit KeyTable(std::vector<TokenKey> keys);

  // Null when no key has this id. Where several objects have it, the one that may do most.
  const TokenKey* find(const KeyId& id) const;
  std::span<const TokenKey> keys() const { return keys_; }

 private:
  std::vector<TokenKey> keys_;  // Sorted by KeyId.
};

// Reads every private key that `session` sees. A key whose public half is missing or malformed is
// listed without id. Fails as management_error().
Result<std::vector<TokenKey>> read_keys(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                        const CK_TOKEN_INFO& token_info);

}  // namespace sealgate::hsm
