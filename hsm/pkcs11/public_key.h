// SPDX-License-Identifier: Apache-2.0
//
// PublicKey is the public half of a token's key, in software: it gives the key its KeyId and
// checks what the token returns.
//
// Threading: immutable; any number of threads may use one key at once.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/api/errors.h"
#include "hsm/api/key_operation.h"
#include "hsm/api/token_report.h"

struct evp_pkey_st;

namespace sealgate::hsm {

// SHA-256 of a DER SubjectPublicKeyInfo.
KeyId key_id_of(ByteView public_key_der);

class PublicKey {
 public:
  // Each fails with kKeyNotReadable. Integers are big-endian.
  static Result<PublicKey> from_rsa(ByteView modulus, ByteView exponent);
  // `parameters`: CKA_EC_PARAMS, a named curve. `point`: CKA_EC_POINT, wrapped in an OCTET
  // STRING as PKCS#11 wants or raw as some tokens give it.
  static Result<PublicKey> from_ec(ByteView parameters, ByteView point);
  static Result<PublicKey> from_certificate(ByteView certificate_der);
  static Result<PublicKey> from_spki(ByteView public_key_der);

  const KeyId& id() const { return id_; }
  KeyType type() const { return type_; }
  std::uint32_t bits() const { return bits_; }
  // DER SubjectPublicKeyInfo.
  ByteView der() const { return der_; }
  // Big-endian, without leading zeros; empty where it is no RSA key.
  ByteView modulus() const { return modulus_; }
  // The bare point, uncompressed, or the 32 bytes of RFC 7748; empty for RSA.
  Bytes point() const;

  // Whether `point` is an uncompressed point of the same curve, or an X25519 key that does not
  // agree on zero with everybody (RFC 7748, 6.1). False for keys that do not agree.
  bool is_peer(ByteView point) const;

  // Whether `signature` (ECDSA as DER) is one of `input`: the digest, or for Ed25519 the text.
  bool verifies(Mechanism mechanism, ByteView input, ByteView signature) const;

  // Encrypts for a decrypting mechanism: how a token is probed. Fails with kInputRefused.
  Result<Bytes> encrypt(Mechanism mechanism, ByteView plain) const;

  // Makes a key of the same type and derives with this one: the peer's public point, and the
  // secret that the token has to find. Fails with kInputRefused.
  struct Agreement {
    Bytes peer_point;
    Bytes secret;
  };
  Result<Agreement> agree() const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  explicit PublicKey(Handle key);
  static Result<PublicKey> adopt(Handle key);

  Handle key_;
  KeyId id_;
  KeyType type_ = KeyType::Other;
  std::uint32_t bits_ = 0;
  Bytes der_;
  Bytes modulus_;
};

}  // namespace sealgate::hsm
