// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/public_key.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace sealgate::hsm {
namespace {

const Bytes kP256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
const Bytes kEd25519 = {6, 3, 0x2b, 0x65, 0x70};
const Bytes kEd25519Name = {0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};

// The generator of P-256 (SEC 2, 2.4.2), which is a point on it as good as any.
const Bytes kPoint = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                      0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                      0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                      0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                      0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

Bytes wrapped(const Bytes& point) {
  Bytes made = {0x04, static_cast<std::uint8_t>(point.size())};
  made.insert(made.end(), point.begin(), point.end());
  return made;
}

TEST(PublicKey, ReadsPointsBareAndWrapped) {
  const Result<PublicKey> bare = PublicKey::from_ec(kP256, kPoint);
  const Result<PublicKey> in_octets = PublicKey::from_ec(kP256, wrapped(kPoint));
  ASSERT_TRUE(bare);
  ASSERT_TRUE(in_octets);
  EXPECT_EQ(bare.value().id(), in_octets.value().id());
  EXPECT_EQ(bare.value().type(), KeyType::EcP256);
  EXPECT_EQ(bare.value().bits(), 256U);
  EXPECT_EQ(bare.value().der().size(), 91U);
}

TEST(PublicKey, ReadsEdwardsKeysByIdentifierAndByName) {
  const Bytes point(32, 0x09);
  const Result<PublicKey> one = PublicKey::from_ec(kEd25519, point);
  const Result<PublicKey> two = PublicKey::from_ec(kEd25519Name, wrapped(point));
  ASSERT_TRUE(one);
  ASSERT_TRUE(two);
  EXPECT_EQ(one.value().id(), two.value().id());
  EXPECT_EQ(one.value().type(), KeyType::Ed25519);
}

TEST(PublicKey, RefusesPointsThatAreNone) {
  Bytes off_curve = kPoint;
  off_curve.back() ^= 1U;
  Bytes longer = kPoint;
  longer.push_back(0);
  Bytes wrong_length = wrapped(kPoint);
  wrong_length[1] = 0x40;
  for (const Bytes& point : {Bytes(), Bytes{4}, off_curve, longer, wrong_length, Bytes(32, 1)}) {
    EXPECT_FALSE(PublicKey::from_ec(kP256, point));
  }
  EXPECT_FALSE(PublicKey::from_ec(Bytes{6, 1, 1}, kPoint));
}

TEST(PublicKey, TellsWhetherAPointIsAPeerOfItsOwn) {
  const PublicKey curve = PublicKey::from_ec(kP256, kPoint).value();
  EXPECT_TRUE(curve.is_peer(kPoint));
  EXPECT_TRUE(curve.is_peer(curve.agree().value().peer_point));
  Bytes off_curve = kPoint;
  off_curve.back() ^= 1U;
  Bytes compressed(kPoint.begin(), kPoint.begin() + 33);
  compressed[0] = static_cast<std::uint8_t>(2 + kPoint.back() % 2);
  Bytes hybrid = kPoint;
  hybrid[0] = static_cast<std::uint8_t>(6 + kPoint.back() % 2);
  for (const Bytes& point : {Bytes(), Bytes{0}, off_curve, compressed, hybrid, wrapped(kPoint),
                             Bytes(65), Bytes(97, 4), Bytes(32, 9)}) {
    EXPECT_FALSE(curve.is_peer(point)) << to_hex(point);
  }

  constexpr std::array<std::uint8_t, 5> kX25519 = {6, 3, 0x2b, 0x65, 0x6e};
  const PublicKey agreeing = PublicKey::from_ec(kX25519, Bytes(32, 0x09)).value();
  EXPECT_TRUE(agreeing.is_peer(Bytes(32, 0x09)));
  EXPECT_TRUE(agreeing.is_peer(agreeing.agree().value().peer_point));
  Bytes one(32);
  one[0] = 1;  // Of small order, as zero is (RFC 7748, 7).
  for (const Bytes& point : {Bytes(), Bytes(32), one, Bytes(31, 9), Bytes(33, 9)}) {
    EXPECT_FALSE(agreeing.is_peer(point)) << to_hex(point);
  }
  EXPECT_FALSE(PublicKey::from_ec(kEd25519, Bytes(32, 9)).value().is_peer(Bytes(32, 9)));
}

TEST(PublicKey, KeyIdIsTheDigestThatOpenSslMakesOfTheSameKey) {
  EVP_PKEY* const pkey = EVP_RSA_gen(2048);
  BIGNUM* n = nullptr;
  BIGNUM* e = nullptr;
  ASSERT_EQ(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
  ASSERT_EQ(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e), 1);
  Bytes modulus(static_cast<std::size_t>(BN_num_bytes(n)));
  Bytes exponent(static_cast<std::size_t>(BN_num_bytes(e)));
  BN_bn2bin(n, modulus.data());
  BN_bn2bin(e, exponent.data());
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(pkey, &der);
  ASSERT_GT(size, 0);
  const ByteView spki(der, static_cast<std::size_t>(size));

  const Result<PublicKey> key = PublicKey::from_rsa(modulus, exponent);
  ASSERT_TRUE(key);
  EXPECT_TRUE(equal_bytes(key.value().der(), spki));
  EXPECT_EQ(key.value().id(), key_id_of(spki));
  // Some tokens put a zero before integers.
  modulus.insert(modulus.begin(), 0);
  EXPECT_EQ(PublicKey::from_rsa(modulus, exponent).value().id(), key.value().id());
  const Result<PublicKey> again = PublicKey::from_spki(spki);
  ASSERT_TRUE(again);
  EXPECT_EQ(again.value().id(), key.value().id());
  OPENSSL_free(der);
  BN_free(n);
  BN_free(e);
  EVP_PKEY_free(pkey);
}

TEST(PublicKey, RefusesRsaNumbersOutsideTheLimits) {
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(127, 0xff), Bytes{1, 0, 1}));
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(1025, 0xff), Bytes{1, 0, 1}));
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(256, 0xff), Bytes()));
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(256, 0xff), Bytes(9, 1)));
}

TEST(PublicKey, RefusesTrailingBytesAndForeignKeys) {
  const PublicKey key = PublicKey::from_ec(kP256, kPoint).value();
  Bytes longer(key.der().begin(), key.der().end());
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::from_spki(longer));
  EXPECT_FALSE(PublicKey::from_spki(Bytes()));
  EXPECT_FALSE(PublicKey::from_certificate(key.der()));
}

TEST(PublicKey, VerifiesOnlyWhatItsTypeCan) {
  const PublicKey key = PublicKey::from_ec(kP256, kPoint).value();
  const Bytes digest(32, 1);
  EXPECT_FALSE(key.verifies(Mechanism::RsaPkcs1Sha256, digest, Bytes(256, 1)));
  EXPECT_FALSE(key.verifies(Mechanism::Ed25519, digest, Bytes(64, 1)));
  EXPECT_FALSE(key.verifies(Mechanism::EcdhDerive, digest, Bytes(64, 1)));
  EXPECT_FALSE(key.verifies(Mechanism::EcdsaSha256, digest, Bytes()));
}

}  // namespace
}  // namespace sealgate::hsm
