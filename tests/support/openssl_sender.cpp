// SPDX-License-Identifier: Apache-2.0
#include "tests/support/openssl_sender.h"

#include <memory>
#include <string>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

Pkey read(ByteView public_key) {
  const std::uint8_t* der = public_key.data();
  Pkey key(d2i_PUBKEY(nullptr, &der, static_cast<long>(public_key.size())), EVP_PKEY_free);
  SG_CHECK(key != nullptr);
  return key;
}

PkeyContext context_of(EVP_PKEY* key) {
  return {EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free};
}

Bytes encrypt(EVP_PKEY_CTX* context, ByteView plain) {
  std::size_t size = 0;
  SG_CHECK(EVP_PKEY_encrypt(context, nullptr, &size, plain.data(), plain.size()) == 1);
  Bytes encrypted(size);
  SG_CHECK(EVP_PKEY_encrypt(context, encrypted.data(), &size, plain.data(), plain.size()) == 1);
  encrypted.resize(size);
  return encrypted;
}

Bytes encrypt_padded(ByteView public_key, ByteView plain, int padding) {
  const Pkey key = read(public_key);
  const PkeyContext context = context_of(key.get());
  SG_CHECK(EVP_PKEY_encrypt_init(context.get()) == 1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1);
  return encrypt(context.get(), plain);
}

Bytes point_of(EVP_PKEY* key) {
  std::uint8_t* point = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &point);
  SG_CHECK(size != 0);
  const Bytes bytes(point, point + size);
  OPENSSL_free(point);
  return bytes;
}

}  // namespace

Bytes encrypt_pkcs1(ByteView public_key, ByteView key) {
  return encrypt_padded(public_key, key, RSA_PKCS1_PADDING);
}

Bytes encrypt_block(ByteView public_key, ByteView block) {
  return encrypt_padded(public_key, block, RSA_NO_PADDING);
}

Bytes encrypt_oaep(ByteView public_key, ByteView key, std::string_view digest,
                   std::string_view mgf1_digest) {
  const Pkey recipient = read(public_key);
  const PkeyContext context = context_of(recipient.get());
  SG_CHECK(EVP_PKEY_encrypt_init(context.get()) == 1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), std::string(digest).c_str(), nullptr) ==
           1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context.get(), std::string(mgf1_digest).c_str(),
                                             nullptr) == 1);
  return encrypt(context.get(), key);
}

Bytes rsa_modulus(ByteView public_key) {
  const Pkey key = read(public_key);
  BIGNUM* number = nullptr;
  SG_CHECK(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &number) == 1);
  Bytes modulus(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, modulus.data());
  BN_free(number);
  return modulus;
}

Agreed agree_with(ByteView public_key) {
  const Pkey recipient = read(public_key);
  const PkeyContext generator = context_of(recipient.get());
  EVP_PKEY* generated = nullptr;
  SG_CHECK(EVP_PKEY_keygen_init(generator.get()) == 1);
  SG_CHECK(EVP_PKEY_generate(generator.get(), &generated) == 1);
  const Pkey ephemeral(generated, EVP_PKEY_free);
  const PkeyContext context = context_of(ephemeral.get());
  Agreed agreed{.point = point_of(ephemeral.get()), .secret = Bytes(66)};
  std::size_t size = agreed.secret.size();
  SG_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  SG_CHECK(EVP_PKEY_derive_set_peer(context.get(), recipient.get()) == 1);
  SG_CHECK(EVP_PKEY_derive(context.get(), agreed.secret.data(), &size) == 1);
  agreed.secret.resize(size);
  return agreed;
}

}  // namespace sealgate::test_support
