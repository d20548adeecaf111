// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/mechanism.h"

#include <array>

#include <gtest/gtest.h>

namespace sealgate::hsm {
namespace {

Bytes der_of(const Bytes& raw) {
  std::array<std::uint8_t, 160> out{};
  const std::size_t size = write_ecdsa_der(out, raw);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(EcdsaDer, WritesShortestIntegers) {
  EXPECT_EQ(der_of({0, 1, 0, 2}), (Bytes{0x30, 6, 2, 1, 1, 2, 1, 2}));
}

TEST(EcdsaDer, KeepsIntegersPositive) {
  EXPECT_EQ(der_of({0x80, 0x7f}), (Bytes{0x30, 7, 2, 2, 0, 0x80, 2, 1, 0x7f}));
}

TEST(EcdsaDer, WritesZeroAsOneByte) {
  EXPECT_EQ(der_of({0, 0, 0, 5}), (Bytes{0x30, 6, 2, 1, 0, 2, 1, 5}));
}

TEST(EcdsaDer, UsesTheLongFormForP521) {
  const Bytes der = der_of(Bytes(132, 0x91));
  ASSERT_EQ(der.size(), 3U + 2 * (2 + 67));
  EXPECT_EQ(der[0], 0x30);
  EXPECT_EQ(der[1], 0x81);
  EXPECT_EQ(der[2], 138);
}

TEST(EcdsaDer, RefusesWhatIsNoSignature) {
  EXPECT_TRUE(der_of({}).empty());
  EXPECT_TRUE(der_of({1, 2, 3}).empty());
  EXPECT_TRUE(der_of(Bytes(134, 1)).empty());
  std::array<std::uint8_t, 8> small{};
  EXPECT_EQ(write_ecdsa_der(small, Bytes{0x80, 0x7f}), 0U);
}

TEST(MechanismForm, DigestInfoEndsWithTheDigestsLength) {
  for (const MechanismForm& form : all_forms()) {
    const ByteView prefix = digest_info_prefix(form.mechanism);
    const bool is_pkcs1 = form.type == CKM_RSA_PKCS && form.action == KeyAction::SignDigest;
    EXPECT_EQ(prefix.empty(), !is_pkcs1);
    if (is_pkcs1) {
      EXPECT_EQ(prefix.back(), form.digest_bytes);
      EXPECT_EQ(prefix[1], prefix.size() - 2 + form.digest_bytes);
    }
  }
}

TEST(MechanismForm, FitsKeysOfItsFamilyOnly) {
  EXPECT_TRUE(fits(KeyFamily::Rsa, KeyType::Rsa));
  EXPECT_FALSE(fits(KeyFamily::Rsa, KeyType::EcP256));
  EXPECT_TRUE(fits(KeyFamily::Agreement, KeyType::X25519));
  EXPECT_FALSE(fits(KeyFamily::Ec, KeyType::X25519));
  EXPECT_FALSE(fits(KeyFamily::Edwards, KeyType::Other));
}

}  // namespace
}  // namespace sealgate::hsm
