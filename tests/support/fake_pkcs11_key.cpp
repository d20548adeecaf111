// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_pkcs11_key.h"

#include <map>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)>;

std::shared_ptr<EVP_PKEY> adopt(EVP_PKEY* key) {
  SG_CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> make(const FakeKeySpec& spec) {
  // Kept for the process, so that a token that comes back has the keys it had.
  static std::map<std::string, std::shared_ptr<EVP_PKEY>> made;
  std::shared_ptr<EVP_PKEY>& key = made[spec.algorithm + " " + spec.label];
  if (key != nullptr) return key;
  if (spec.algorithm == "rsa2048") key = adopt(EVP_RSA_gen(2048));
  if (spec.algorithm == "p256") key = adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (spec.algorithm == "p384") key = adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
  if (spec.algorithm == "p521") key = adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521"));
  if (spec.algorithm == "x25519") key = adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  SG_CHECK(key != nullptr);
  return key;
}

PkeyContext context_of(EVP_PKEY* key) {
  return {EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free};
}

Bytes number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  SG_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  BN_free(number);
  return bytes;
}

const EVP_MD* digest_by_size(std::size_t size) {
  if (size == 32) return EVP_sha256();
  if (size == 48) return EVP_sha384();
  return size == 64 ? EVP_sha512() : nullptr;
}

// r || s, each as long as the order.
Bytes raw_ecdsa(ByteView der, std::size_t scalar_bytes) {
  const std::uint8_t* at = der.data();
  ECDSA_SIG* const signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  SG_CHECK(signature != nullptr);
  Bytes raw(2 * scalar_bytes);
  const int width = static_cast<int>(scalar_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), width);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + scalar_bytes, width);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

FakeKey::FakeKey(const FakeKeySpec& spec) : spec_(spec), key_(make(spec)) {}

bool FakeKey::is_rsa() const {
  return EVP_PKEY_is_a(key_.get(), "RSA") == 1;
}

bool FakeKey::is_x25519() const {
  return EVP_PKEY_is_a(key_.get(), "X25519") == 1;
}

bool FakeKey::may(const std::string& usage) const {
  return ("+" + spec_.usage + "+").find("+" + usage + "+") != std::string::npos;
}

std::size_t FakeKey::bits() const {
  return static_cast<std::size_t>(EVP_PKEY_get_bits(key_.get()));
}

Bytes FakeKey::modulus() const {
  return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N);
}

Bytes FakeKey::exponent() const {
  return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E);
}

Bytes FakeKey::ec_parameters() const {
  if (is_x25519()) return {6, 3, 0x2b, 0x65, 0x6e};
  if (bits() == 521) return {6, 5, 0x2b, 0x81, 4, 0, 0x23};
  if (bits() == 256) return {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
  return {6, 5, 0x2b, 0x81, 4, 0, 0x22};
}

Bytes FakeKey::ec_point() const {
  std::uint8_t* point = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &point);
  Bytes wrapped = {4};
  if (size >= 0x80) wrapped.push_back(0x81);
  wrapped.push_back(static_cast<std::uint8_t>(size));
  wrapped.insert(wrapped.end(), point, point + size);
  OPENSSL_free(point);
  return wrapped;
}

Bytes FakeKey::sign(FakePadding padding, ByteView input) const {
  const PkeyContext context = context_of(key_.get());
  Bytes out(1024);
  std::size_t size = out.size();
  bool is_ready = EVP_PKEY_sign_init(context.get()) == 1;
  if (is_rsa()) {
    const bool is_pss = padding == FakePadding::Pss;
    is_ready =
        is_ready && EVP_PKEY_CTX_set_rsa_padding(
                        context.get(), is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
    if (is_pss) {
      is_ready = is_ready && digest_by_size(input.size()) != nullptr &&
                 EVP_PKEY_CTX_set_signature_md(context.get(), digest_by_size(input.size())) == 1 &&
                 EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) == 1;
    }
  }
  is_ready =
      is_ready && EVP_PKEY_sign(context.get(), out.data(), &size, input.data(), input.size()) == 1;
  ERR_clear_error();
  if (!is_ready) return {};
  out.resize(size);
  return is_rsa() ? out : raw_ecdsa(out, (bits() + 7) / 8);
}

Bytes FakeKey::decrypt(const FakeScheme& scheme, ByteView input) const {
  const PkeyContext context = context_of(key_.get());
  Bytes out(1024);
  std::size_t size = out.size();
  int padding = RSA_PKCS1_PADDING;
  if (scheme.padding == FakePadding::Oaep) padding = RSA_PKCS1_OAEP_PADDING;
  if (scheme.padding == FakePadding::None) padding = RSA_NO_PADDING;
  bool is_ready = EVP_PKEY_decrypt_init(context.get()) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1;
  if (scheme.padding == FakePadding::Oaep) {
    is_ready = is_ready && EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), scheme.digest) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), scheme.mgf1) == 1;
  }
  is_ready = is_ready &&
             EVP_PKEY_decrypt(context.get(), out.data(), &size, input.data(), input.size()) == 1;
  ERR_clear_error();
  out.resize(is_ready ? size : 0);
  return out;
}

Bytes FakeKey::derive(ByteView peer_point) const {
  const std::shared_ptr<EVP_PKEY> peer = adopt(EVP_PKEY_new());
  const PkeyContext context = context_of(key_.get());
  Bytes out(66);
  std::size_t size = out.size();
  const bool has_peer = is_x25519() ? EVP_PKEY_set_type(peer.get(), EVP_PKEY_X25519) == 1
                                    : EVP_PKEY_copy_parameters(peer.get(), key_.get()) == 1;
  const bool is_done =
      has_peer &&
      EVP_PKEY_set1_encoded_public_key(peer.get(), peer_point.data(), peer_point.size()) == 1 &&
      EVP_PKEY_derive_init(context.get()) == 1 &&
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
      EVP_PKEY_derive(context.get(), out.data(), &size) == 1;
  ERR_clear_error();
  // What OpenSSL refuses and many tokens do not: the secret of a point of small order.
  if (!is_done && is_x25519() && peer_point.size() == 32) return Bytes(32);
  out.resize(is_done ? size : 0);
  return out;
}

}  // namespace sealgate::test_support
