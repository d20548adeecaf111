// SPDX-License-Identifier: Apache-2.0
//
// Keys and certificates for tests, made by OpenSSL when first asked for, and what a token would
// do with them. Only tests link it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "engine/cms/signed_data.h"
#include "engine/trust/certificate.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::cms::testing {

// Weak is RSA of 512 bits, too short for OAEP with SHA-256, in a certificate without key
// identifier.
enum class KeyType : std::uint8_t { Rsa2048, RsaPss2048, P256, P384, P521, Ed25519, X25519, Weak };

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> x509;
  std::shared_ptr<const trust::Certificate> certificate;

  std::string certificate_pem() const;
  std::string key_pem() const;
};

// The one trust anchor, with an RSA key; and under it one identity for each kind of key, for
// <kind>@sealgate.example, for signing and encryption. The same in the whole process.
const Identity& root();
const Identity& identity(KeyType type);
std::string_view name_of(KeyType type);

// What a token answers to this operation.
Bytes sign_as_token(const Identity& signer, hsm::Mechanism mechanism, ByteView input);

// Now, for certificates are valid around it.
WallTime test_time();

// The announcement that tests use: everything.
Capabilities all_capabilities();

struct Signed {
  SignatureScheme scheme;
  Bytes attributes;
  Bytes signature;
};
// Both phases of a signature over `entity`.
Signed sign_entity(const Identity& signer, std::string_view entity, DigestAlgorithm digest,
                   RsaPadding padding);

// `size` bytes that look like nothing.
std::string pattern(std::size_t size);

}  // namespace sealgate::engine::cms::testing
