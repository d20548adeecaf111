// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/algorithms.h"

#include <openssl/kdf.h>

#include "engine/cms/openssl_ptr.h"

namespace sealgate::engine::cms {
namespace {

// Lives as long as the process: what was fetched is used until the last message.
struct Implementations {
  const EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  const EVP_MD* sha384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  const EVP_MD* sha512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  const EVP_CIPHER* aes128_cbc = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
  const EVP_CIPHER* aes256_cbc = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  const EVP_CIPHER* aes128_gcm = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  const EVP_CIPHER* aes256_gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  const EVP_CIPHER* aes128_wrap = EVP_CIPHER_fetch(nullptr, "AES-128-WRAP", nullptr);
  const EVP_CIPHER* aes256_wrap = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP", nullptr);
  const EVP_KDF* hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);

  Implementations() { take_openssl_error(); }
};

const Implementations& implementations() {
  static const Implementations fetched;
  return fetched;
}

}  // namespace

const EVP_MD* implementation_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::Sha256:
      return implementations().sha256;
    case DigestAlgorithm::Sha384:
      return implementations().sha384;
    case DigestAlgorithm::Sha512:
      return implementations().sha512;
  }
  return nullptr;
}

const EVP_CIPHER* implementation_of(ContentCipher cipher) {
  switch (cipher) {
    case ContentCipher::Aes128Cbc:
      return implementations().aes128_cbc;
    case ContentCipher::Aes256Cbc:
      return implementations().aes256_cbc;
    case ContentCipher::Aes128Gcm:
      return implementations().aes128_gcm;
    case ContentCipher::Aes256Gcm:
      return implementations().aes256_gcm;
  }
  return nullptr;
}

const EVP_CIPHER* implementation_of(KeyWrap wrap) {
  switch (wrap) {
    case KeyWrap::Aes128:
      return implementations().aes128_wrap;
    case KeyWrap::Aes256:
      return implementations().aes256_wrap;
  }
  return nullptr;
}

const EVP_KDF* hkdf_implementation() {
  return implementations().hkdf;
}

}  // namespace sealgate::engine::cms
