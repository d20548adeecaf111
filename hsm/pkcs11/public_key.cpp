// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/public_key.h"

#include <utility>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "hsm/pkcs11/oaep.h"
#include "hsm/pkcs11/openssl_owned.h"

namespace sealgate::hsm {
namespace {

// Of a signature.
const EVP_MD* digest_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::RsaPkcs1Sha256:
    case Mechanism::RsaPssSha256:
    case Mechanism::EcdsaSha256:
      return EVP_sha256();
    case Mechanism::RsaPkcs1Sha384:
    case Mechanism::RsaPssSha384:
    case Mechanism::EcdsaSha384:
      return EVP_sha384();
    case Mechanism::RsaPkcs1Sha512:
    case Mechanism::RsaPssSha512:
    case Mechanism::EcdsaSha512:
      return EVP_sha512();
    case Mechanism::Ed25519:
    case Mechanism::RsaPkcs1Decrypt:
    case Mechanism::RsaOaepSha1Decrypt:
    case Mechanism::RsaOaepSha256Decrypt:
    case Mechanism::RsaOaepSha384Decrypt:
    case Mechanism::RsaOaepSha512Decrypt:
    case Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
    case Mechanism::EcdhDerive:
      return nullptr;
  }
  SG_CHECK(false);
}

// 0 where the mechanism does not pad.
int padding_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::RsaPkcs1Sha256:
    case Mechanism::RsaPkcs1Sha384:
    case Mechanism::RsaPkcs1Sha512:
    case Mechanism::RsaPkcs1Decrypt:
      return RSA_PKCS1_PADDING;
    case Mechanism::RsaPssSha256:
    case Mechanism::RsaPssSha384:
    case Mechanism::RsaPssSha512:
      return RSA_PKCS1_PSS_PADDING;
    case Mechanism::RsaOaepSha1Decrypt:
    case Mechanism::RsaOaepSha256Decrypt:
    case Mechanism::RsaOaepSha384Decrypt:
    case Mechanism::RsaOaepSha512Decrypt:
    case Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
      return RSA_PKCS1_OAEP_PADDING;
    case Mechanism::EcdsaSha256:
    case Mechanism::EcdsaSha384:
    case Mechanism::EcdsaSha512:
    case Mechanism::Ed25519:
    case Mechanism::EcdhDerive:
      return 0;
  }
  SG_CHECK(false);
}

bool verify_digest(EVP_PKEY* key, Mechanism mechanism, ByteView digest, ByteView signature) {
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return false;
  const int padding = padding_of(mechanism);
  if (padding != 0 && EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(mechanism)) != 1) return false;
  if (padding == RSA_PKCS1_PSS_PADDING &&
      EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1) {
    return false;
  }
  return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(),
                         digest.size()) == 1;
}

bool verify_text(EVP_PKEY* key, ByteView text, ByteView signature) {
  const DigestContext context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(),
                          text.size()) == 1;
}

Bytes point_of(EVP_PKEY* key) {
  std::uint8_t* point = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &point);
  const Bytes bytes(point, point + size);
  OPENSSL_free(point);
  return bytes;
}

// Empty where OpenSSL refuses.
PublicKey::Agreement agree_with(EVP_PKEY* key) {
  const PkeyContext generator(EVP_PKEY_CTX_new(key, nullptr));
  EVP_PKEY* generated = nullptr;
  if (EVP_PKEY_keygen_init(generator.get()) != 1 ||
      EVP_PKEY_generate(generator.get(), &generated) != 1) {
    return {};
  }
  const Pkey ephemeral(generated);
  const PkeyContext context(EVP_PKEY_CTX_new(ephemeral.get(), nullptr));
  PublicKey::Agreement agreement{.peer_point = {}, .secret = Bytes(66)};
  std::size_t size = agreement.secret.size();
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), key) != 1 ||
      EVP_PKEY_derive(context.get(), agreement.secret.data(), &size) != 1) {
    return {};
  }
  agreement.secret.resize(size);
  agreement.peer_point = point_of(ephemeral.get());
  return agreement;
}

}  // namespace

KeyId key_id_of(ByteView public_key_der) {
  KeyId id;
  std::size_t size = 0;
  SG_CHECK(EVP_Q_digest(nullptr, "SHA256", nullptr, public_key_der.data(), public_key_der.size(),
                        id.digest.data(), &size) == 1);
  return id;
}

void PublicKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

PublicKey::PublicKey(Handle key) : key_(std::move(key)) {}

bool PublicKey::verifies(Mechanism mechanism, ByteView input, ByteView signature) const {
  if (mechanism == Mechanism::Ed25519) {
    return type_ == KeyType::Ed25519 && drained(verify_text(key_.get(), input, signature));
  }
  const bool is_rsa = padding_of(mechanism) != 0;
  if (is_rsa != (type_ == KeyType::Rsa) || digest_of(mechanism) == nullptr) return false;
  return drained(verify_digest(key_.get(), mechanism, input, signature));
}

Result<Bytes> PublicKey::encrypt(Mechanism mechanism, ByteView plain) const {
  const PkeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  Bytes out(modulus_.size());
  std::size_t size = out.size();
  const int padding = padding_of(mechanism);
  bool is_done = type_ == KeyType::Rsa && EVP_PKEY_encrypt_init(context.get()) == 1 &&
                 EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1;
  if (is_done && padding == RSA_PKCS1_OAEP_PADDING) {
    const OaepDigests digests = oaep_digests_of(mechanism);
    is_done = EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digests.digest) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digests.mgf1) == 1;
  }
  is_done = is_done &&
            EVP_PKEY_encrypt(context.get(), out.data(), &size, plain.data(), plain.size()) == 1;
  ERR_clear_error();
  if (!is_done) return kInputRefused;
  out.resize(size);
  return out;
}

Bytes PublicKey::point() const {
  return type_ == KeyType::Rsa ? Bytes() : drained(point_of(key_.get()));
}

bool PublicKey::is_peer(ByteView point) const {
  const bool is_curve =
      type_ == KeyType::EcP256 || type_ == KeyType::EcP384 || type_ == KeyType::EcP521;
  const Pkey peer(EVP_PKEY_new());
  if (is_curve) {
    return drained(!point.empty() && point.front() == 0x04 &&
                   EVP_PKEY_copy_parameters(peer.get(), key_.get()) == 1 &&
                   EVP_PKEY_set1_encoded_public_key(peer.get(), point.data(), point.size()) == 1);
  }
  return drained(type_ == KeyType::X25519 && EVP_PKEY_set_type(peer.get(), EVP_PKEY_X25519) == 1 &&
                 EVP_PKEY_set1_encoded_public_key(peer.get(), point.data(), point.size()) == 1 &&
                 !agree_with(peer.get()).secret.empty());
}

Result<PublicKey::Agreement> PublicKey::agree() const {
  Agreement agreement = drained(agree_with(key_.get()));
  if (agreement.secret.empty()) return kInputRefused;
  return agreement;
}

}  // namespace sealgate::hsm
