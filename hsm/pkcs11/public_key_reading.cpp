// SPDX-License-Identifier: Apache-2.0
//
// How a PublicKey is made from what a token shows of it.
#include <array>
#include <string_view>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "hsm/pkcs11/openssl_owned.h"
#include "hsm/pkcs11/public_key.h"

namespace sealgate::hsm {
namespace {

using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;

// RSA keys outside are malformed, or would cost a verifier seconds.
constexpr std::size_t kRsaModulusBytesMin = 128;
constexpr std::size_t kRsaModulusBytesMax = 1024;
constexpr std::size_t kRsaExponentBytesMax = 8;

bool is_usable_modulus(ByteView modulus) {
  return modulus.size() >= kRsaModulusBytesMin && modulus.size() <= kRsaModulusBytesMax;
}

struct Curve {
  ByteView parameters;  // CKA_EC_PARAMS.
  KeyType type;
  const char* group;  // OpenSSL's name; null for keys without a group.
  std::uint32_t bits;
  std::size_t point_bytes;  // Uncompressed.
};

constexpr std::array<std::uint8_t, 10> kP256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
constexpr std::array<std::uint8_t, 7> kP384 = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
constexpr std::array<std::uint8_t, 7> kP521 = {6, 5, 0x2b, 0x81, 4, 0, 0x23};
// RFC 8410, and the names of PKCS#11 3.0 as PrintableString.
constexpr std::array<std::uint8_t, 5> kEd25519 = {6, 3, 0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 5> kX25519 = {6, 3, 0x2b, 0x65, 0x6e};
constexpr std::array<std::uint8_t, 14> kEd25519Name = {0x13, 12,  'e', 'd', 'w', 'a', 'r',
                                                       'd',  's', '2', '5', '5', '1', '9'};
constexpr std::array<std::uint8_t, 12> kX25519Name = {0x13, 10,  'c', 'u', 'r', 'v',
                                                      'e',  '2', '5', '5', '1', '9'};

// 1.3.6.1.4.1.3029.1.5.1, older than RFC 8410: OpenPGP cards.
constexpr std::array<std::uint8_t, 12> kX25519Cryptlib = {6, 10,   0x2b, 6, 1, 4,
                                                          1, 0x97, 0x55, 1, 5, 1};

constexpr std::array kCurves = {
    Curve{kP256, KeyType::EcP256, "P-256", 256, 65},
    Curve{kP384, KeyType::EcP384, "P-384", 384, 97},
    Curve{kP521, KeyType::EcP521, "P-521", 521, 133},
    Curve{kEd25519, KeyType::Ed25519, nullptr, 256, 32},
    Curve{kEd25519Name, KeyType::Ed25519, nullptr, 256, 32},
    Curve{kX25519, KeyType::X25519, nullptr, 256, 32},
    Curve{kX25519Name, KeyType::X25519, nullptr, 256, 32},
    Curve{kX25519Cryptlib, KeyType::X25519, nullptr, 256, 32},
};

const Curve* curve_of(ByteView parameters) {
  for (const Curve& curve : kCurves) {
    if (equal_bytes(curve.parameters, parameters)) return &curve;
  }
  return nullptr;
}

// PKCS#11 2.40, 2.3.3 asks for the point inside an OCTET STRING; several tokens give it bare. An
// uncompressed point starts with 04, as an OCTET STRING does, so the length has to decide.
ByteView bare_point(const Curve& curve, ByteView point) {
  if (point.size() == curve.point_bytes) return point;
  const std::size_t header = curve.point_bytes < 0x80 ? 2 : 3;
  if (point.size() != header + curve.point_bytes || point[0] != 0x04) return {};
  if (header == 3 && point[1] != 0x81) return {};
  if (point[header - 1] != curve.point_bytes) return {};
  return point.subspan(header);
}

EVP_PKEY* key_from_params(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return key;
}

EVP_PKEY* key_on_curve(const Curve& curve, ByteView point) {
  if (curve.group == nullptr) {
    const int type = curve.type == KeyType::Ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_X25519;
    return EVP_PKEY_new_raw_public_key(type, nullptr, point.data(), point.size());
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return key_from_params("EC", builder.get());
}

KeyType type_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyType::Rsa;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::Ed25519;
  if (EVP_PKEY_is_a(key, "X25519") == 1) return KeyType::X25519;
  std::array<char, 64> group{};
  if (EVP_PKEY_is_a(key, "EC") != 1 ||
      EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) {
    return KeyType::Other;
  }
  const std::string_view name(group.data());
  if (name == "prime256v1" || name == "P-256") return KeyType::EcP256;
  if (name == "secp384r1" || name == "P-384") return KeyType::EcP384;
  if (name == "secp521r1" || name == "P-521") return KeyType::EcP521;
  return KeyType::Other;
}

Bytes modulus_of(EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &number) != 1) return {};
  const BigNumber modulus(number);
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

}  // namespace

Result<PublicKey> PublicKey::adopt(Handle key) {
  ERR_clear_error();
  if (key == nullptr) return kKeyNotReadable;
  PublicKey made(std::move(key));
  made.type_ = type_of(made.key_.get());
  if (made.type_ == KeyType::Other) return kKeyNotReadable;
  made.bits_ = static_cast<std::uint32_t>(EVP_PKEY_get_bits(made.key_.get()));
  if (made.type_ == KeyType::Rsa) {
    made.modulus_ = modulus_of(made.key_.get());
    if (!is_usable_modulus(made.modulus_)) return drained(Error(kKeyNotReadable));
  }
  const int size = i2d_PUBKEY(made.key_.get(), nullptr);
  if (size <= 0) return drained(Error(kKeyNotReadable));
  made.der_.resize(static_cast<std::size_t>(size));
  std::uint8_t* end = made.der_.data();
  SG_CHECK(i2d_PUBKEY(made.key_.get(), &end) == size);
  made.id_ = key_id_of(made.der_);
  return made;
}

Result<PublicKey> PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
  while (!modulus.empty() && modulus.front() == 0) modulus = modulus.subspan(1);
  while (!exponent.empty() && exponent.front() == 0) exponent = exponent.subspan(1);
  if (!is_usable_modulus(modulus) || exponent.empty() || exponent.size() > kRsaExponentBytesMax) {
    return kKeyNotReadable;
  }
  const BigNumber n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const BigNumber e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return drained(Error(kKeyNotReadable));
  }
  return adopt(Handle(key_from_params("RSA", builder.get())));
}

Result<PublicKey> PublicKey::from_ec(ByteView parameters, ByteView point) {
  const Curve* const curve = curve_of(parameters);
  if (curve == nullptr) return kKeyNotReadable;
  const ByteView bare = bare_point(*curve, point);
  if (bare.empty()) return kKeyNotReadable;
  return adopt(Handle(key_on_curve(*curve, bare)));
}

Result<PublicKey> PublicKey::from_certificate(ByteView certificate_der) {
  if (certificate_der.size() > kCertificateBytesMax) return kKeyNotReadable;
  const std::uint8_t* at = certificate_der.data();
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(certificate_der.size())));
  if (certificate == nullptr) return drained(Error(kKeyNotReadable));
  return adopt(Handle(X509_get_pubkey(certificate.get())));
}

Result<PublicKey> PublicKey::from_spki(ByteView public_key_der) {
  if (public_key_der.size() > kCertificateBytesMax) return kKeyNotReadable;
  const std::uint8_t* at = public_key_der.data();
  Handle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key_der.size())));
  if (at != public_key_der.data() + public_key_der.size()) {
    return drained(Error(kKeyNotReadable));
  }
  return adopt(std::move(key));
}

}  // namespace sealgate::hsm
