// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/key_agreement.h"

#include <optional>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/secret.h"
#include "engine/cms/algorithms.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"
#include "engine/cms/oids.h"
#include "engine/cms/openssl_ptr.h"

namespace sealgate::engine::cms {
namespace {

using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, OpensslDeleter<EVP_KDF_CTX_free>>;

struct Scheme {
  const char* group;  // OpenSSL's name; null for X25519.
  ByteView originator_algorithm;
  ByteView scheme;
  DigestAlgorithm digest;
};

// RFC 5753, 8 pairs each curve with the digest of its strength.
std::optional<Scheme> scheme_for(trust::KeyKind kind) {
  switch (kind) {
    case trust::KeyKind::P256:
      return Scheme{"P-256", oid::kEcPublicKey, oid::kStdDhSha256Kdf, DigestAlgorithm::Sha256};
    case trust::KeyKind::P384:
      return Scheme{"P-384", oid::kEcPublicKey, oid::kStdDhSha384Kdf, DigestAlgorithm::Sha384};
    case trust::KeyKind::P521:
      return Scheme{"P-521", oid::kEcPublicKey, oid::kStdDhSha512Kdf, DigestAlgorithm::Sha512};
    case trust::KeyKind::X25519:
      return Scheme{nullptr, oid::kX25519, oid::kStdDhHkdfSha256, DigestAlgorithm::Sha256};
    case trust::KeyKind::Rsa:
    case trust::KeyKind::Ed25519:
    case trust::KeyKind::Unsupported:
      break;
  }
  return std::nullopt;
}

Result<KeyPtr> make_ephemeral_key(const Scheme& scheme) {
  KeyPtr key(scheme.group != nullptr ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", scheme.group)
                                     : EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  if (key == nullptr) return Error(kCryptoUnavailable, take_openssl_error());
  return key;
}

Result<Bytes> encoded_public_key(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &encoded);
  if (size == 0) return Error(kCryptoUnavailable, take_openssl_error());
  Bytes bytes(encoded, encoded + size);
  OPENSSL_free(encoded);
  return bytes;
}

// Z. A point of ours on a prime-order curve needs no more validation than decoding it did (SP
// 800-56A, 5.6.2.3.3); an all-zero X25519 result is refused by OpenSSL (RFC 8418, 2).
Result<SecretBytes> shared_secret(EVP_PKEY* ephemeral, EVP_PKEY* recipient) {
  const KeyContextPtr operation(EVP_PKEY_CTX_new_from_pkey(nullptr, ephemeral, nullptr));
  std::size_t size = 0;
  if (operation == nullptr || EVP_PKEY_derive_init(operation.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(operation.get(), recipient, 0) != 1 ||
      EVP_PKEY_derive(operation.get(), nullptr, &size) != 1) {
    return Error(kRecipientKeyRefused, take_openssl_error());
  }
  SecretBytes secret(size);
  if (EVP_PKEY_derive(operation.get(), secret.reveal().data(), &size) != 1 ||
      size != secret.size()) {
    return Error(kRecipientKeyRefused, take_openssl_error());
  }
  return secret;
}

// ECC-CMS-SharedInfo (RFC 5753, 7.2) without entityUInfo, which goes with a ukm only.
Bytes shared_info(ByteView wrap, std::size_t key_bytes) {
  const std::size_t bits = key_bytes * 8;
  const std::array<std::uint8_t, 4> size{0, 0, static_cast<std::uint8_t>(bits >> 8U),
                                         static_cast<std::uint8_t>(bits)};
  DerWriter writer;
  writer.begin(tag::kSequence);
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, wrap);
  writer.end();
  writer.begin(tag::context_constructed(2));
  writer.add(tag::kOctetString, size);
  writer.end();
  writer.end();
  return writer.take();
}

// ANSI X9.63 (SEC 1, 3.6.1): a key is never longer than one digest, so one round does.
Result<SecretBytes> x963_kdf(DigestAlgorithm algorithm, const SecretBytes& secret, ByteView info,
                             std::size_t key_bytes) {
  constexpr std::array<std::uint8_t, 4> kCounter{0, 0, 0, 1};
  Digest digest = SG_TRY(Digest::create(algorithm));
  digest.update(secret.reveal());
  digest.update(ByteView(kCounter));
  digest.update(info);
  DigestValue value = digest.finish();
  SecretBytes key = SecretBytes::copy_of(value.view().first(key_bytes));
  wipe_bytes(value.bytes);
  return key;
}

// RFC 8418, 2.2: no salt where there is no ukm.
Result<SecretBytes> hkdf(const SecretBytes& secret, ByteView info, std::size_t key_bytes) {
  EVP_KDF* implementation = const_cast<EVP_KDF*>(hkdf_implementation());
  if (implementation == nullptr) return kCryptoUnavailable;
  const KdfContextPtr kdf(EVP_KDF_CTX_new(implementation));
  std::array<char, 9> digest_name{"SHA2-256"};
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name.data(), 0),
      OSSL_PARAM_construct_octet_string(
          OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(secret.reveal().data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<std::uint8_t*>(info.data()),
                                        info.size()),
      OSSL_PARAM_construct_end()};
  SecretBytes key(key_bytes);
  if (kdf == nullptr ||
      EVP_KDF_derive(kdf.get(), key.reveal().data(), key.size(), parameters.data()) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  return key;
}

Result<void> wrap_key(KeyWrap wrap, const SecretBytes& wrapping_key, ByteView content_key,
                      AgreedKey& agreed) {
  const CipherContextPtr cipher(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* implementation = implementation_of(wrap);
  if (cipher == nullptr || implementation == nullptr) return kCryptoUnavailable;
  EVP_CIPHER_CTX_set_flags(cipher.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  int size = 0;
  if (EVP_EncryptInit_ex2(cipher.get(), implementation, wrapping_key.reveal().data(), nullptr,
                          nullptr) != 1 ||
      EVP_EncryptUpdate(cipher.get(), agreed.wrapped.data(), &size, content_key.data(),
                        static_cast<int>(content_key.size())) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  agreed.wrapped_size = static_cast<std::size_t>(size);
  return {};
}

}  // namespace

Result<AgreedKey> agree_key(const trust::Certificate& recipient, ByteView content_key) {
  const std::optional<Scheme> scheme = scheme_for(recipient.key_kind());
  if (!scheme.has_value() || recipient.public_key() == nullptr) return kRecipientKeyUnsupported;
  const bool is_short = content_key.size() == 16;
  SG_CHECK(is_short || content_key.size() == 32);

  AgreedKey agreed;
  agreed.originator_algorithm = scheme->originator_algorithm;
  agreed.scheme = scheme->scheme;
  agreed.wrap = is_short ? ByteView(oid::kAes128Wrap) : ByteView(oid::kAes256Wrap);
  const KeyPtr ephemeral = SG_TRY(make_ephemeral_key(*scheme));
  agreed.ephemeral_key = SG_TRY(encoded_public_key(ephemeral.get()));
  const SecretBytes secret = SG_TRY(shared_secret(ephemeral.get(), recipient.public_key()));
  const Bytes info = shared_info(agreed.wrap, content_key.size());
  const bool is_x25519 = scheme->group == nullptr;
  const SecretBytes wrapping_key =
      is_x25519 ? SG_TRY(hkdf(secret, info, content_key.size()))
                : SG_TRY(x963_kdf(scheme->digest, secret, info, content_key.size()));
  SG_TRY(wrap_key(is_short ? KeyWrap::Aes128 : KeyWrap::Aes256, wrapping_key, content_key, agreed));
  return agreed;
}

}  // namespace sealgate::engine::cms
