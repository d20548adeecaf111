// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/weak_key.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "engine/trust/certificate_maker_test.h"

namespace sealgate::engine::trust {
namespace {

using testing::Made;
using testing::make;
using testing::make_authority;
using testing::make_ec;
using testing::make_key;
using testing::make_rsa;
using testing::Recipe;
using testing::TestKey;

hsm::KeyId key_id(std::uint8_t first) {
  hsm::KeyId id;
  id.digest[0] = first;
  return id;
}

// A public key alone.
TestKey make_rsa_public(const BIGNUM* modulus, unsigned long exponent) {
  BIGNUM* e = BN_new();
  BN_set_word(e, exponent);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  SG_CHECK(EVP_PKEY_fromdata_init(maker) == 1);
  SG_CHECK(EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  EVP_PKEY_CTX_free(maker);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(e);
  return testing::own(key);
}

TEST(CompromisedKeys, FindsExactlyWhatItHolds) {
  const CompromisedKeys keys({key_id(9), key_id(3), key_id(9), key_id(7)});
  EXPECT_EQ(keys.size(), 3U);
  for (const std::uint8_t first : Bytes{3, 7, 9}) EXPECT_TRUE(keys.contains(key_id(first)));
  for (const std::uint8_t first : Bytes{0, 4, 8, 10}) EXPECT_FALSE(keys.contains(key_id(first)));
  EXPECT_FALSE(CompromisedKeys().contains(key_id(0)));
}

class WeakKeyTest : public ::testing::Test {
 protected:
  const Made root_ = make_authority("Root");
  const TestKey ordinary_ = make_rsa(2048);

  std::optional<WeakKeyReason> reason(const TestKey& key, const CompromisedKeys& compromised = {}) {
    return weak_key(*make(Recipe(), key, &root_).certificate, compromised);
  }
};

TEST_F(WeakKeyTest, LeavesOrdinaryKeysAlone) {
  EXPECT_EQ(reason(ordinary_), std::nullopt);
  for (const char* curve : {"P-256", "P-384", "P-521"}) {
    EXPECT_EQ(reason(make_ec(curve)), std::nullopt);
  }
  for (const char* type : {"X25519", "ED25519"}) EXPECT_EQ(reason(make_key(type)), std::nullopt);
}

TEST_F(WeakKeyTest, NamesWhatIsWrong) {
  EXPECT_EQ(reason(make_ec("secp256k1")), WeakKeyReason::Kind);
  EXPECT_EQ(reason(make_key("X448")), WeakKeyReason::Kind);
  EXPECT_EQ(reason(make_rsa(2047)), WeakKeyReason::Length);
  BIGNUM* modulus = nullptr;
  ASSERT_EQ(EVP_PKEY_get_bn_param(ordinary_.get(), OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
  EXPECT_EQ(reason(make_rsa_public(modulus, 3)), std::nullopt);
  EXPECT_EQ(reason(make_rsa_public(modulus, 1)), WeakKeyReason::Exponent);
  EXPECT_EQ(reason(make_rsa_public(modulus, 65536)), WeakKeyReason::Exponent);
  BN_clear_bit(modulus, 0);
  EXPECT_EQ(reason(make_rsa_public(modulus, 65537)), WeakKeyReason::SmallFactor);
  // 65537^150 has 2,401 bits and is a power of 65537 modulo every prime.
  BN_one(modulus);
  for (int i = 0; i < 150; ++i) BN_mul_word(modulus, 65537);
  EXPECT_EQ(reason(make_rsa_public(modulus, 65537)), WeakKeyReason::Roca);
  BN_free(modulus);
}

TEST_F(WeakKeyTest, LooksAtTheList) {
  const Made made = make(Recipe(), make_rsa(1024), &root_);
  const CompromisedKeys keys({key_id(1), made.certificate->key_id()});
  EXPECT_EQ(weak_key(*made.certificate, keys), WeakKeyReason::Compromised);
  EXPECT_EQ(reason(ordinary_, keys), std::nullopt);
}

TEST_F(WeakKeyTest, SaysEachReason) {
  const Made made = make(Recipe(), make_rsa(1024), &root_);
  EXPECT_EQ(weak_key_text(*made.certificate, WeakKeyReason::Length),
            "its RSA key has 1024 bits (2048 to 8192 are allowed)");
  for (int i = 0; i <= static_cast<int>(WeakKeyReason::Compromised); ++i) {
    EXPECT_EQ(weak_key_text(*made.certificate, static_cast<WeakKeyReason>(i)).find("its "), 0U);
  }
}

TEST_F(WeakKeyTest, FindsTheWeakLinkOfAPath) {
  const Made sub = make(Recipe{.subject = "Sub"}, make_ec("P-256"), &root_);
  const std::vector<CertificatePointer> chain = {sub.certificate, root_.certificate};
  EXPECT_EQ(weak_link(chain, CompromisedKeys()), "");
  EXPECT_EQ(weak_link(chain, CompromisedKeys({sub.certificate->key_id()})),
            "CN=Sub above it: its key is on the list of compromised keys");
}

}  // namespace
}  // namespace sealgate::engine::trust
