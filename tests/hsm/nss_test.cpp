// SPDX-License-Identifier: Apache-2.0
//
// Decrypting and deriving in NSS's softoken, which has OAEP with every digest of its own.
// Ciphertexts are OpenSSL's.
#include <array>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "hsm/api/smime_capability.h"
#include "hsm/pkcs11/token.h"
#include "tests/hsm/token_keys.h"
#include "tests/support/openssl_sender.h"
#include "tests/support/softhsm_token.h"

namespace sealgate::hsm {
namespace {

constexpr const char* kLabel = "NSS Certificate DB";
constexpr const char* kPin = "12345678";

constexpr std::array<std::uint8_t, 10> kP256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
constexpr std::array<std::uint8_t, 7> kP384 = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
constexpr std::array<std::uint8_t, 7> kP521 = {6, 5, 0x2b, 0x81, 4, 0, 0x23};

class Nss : public testing::Test {
 protected:
  void SetUp() override {
    if (test_support::run_quietly("command -v certutil") != 0) {
      GTEST_SKIP() << "libnss3-tools is not installed";
    }
    folder_ = (std::filesystem::temp_directory_path() / "sealgate-nss-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    std::ofstream(folder_ + "/pin") << kPin << "\n";
    std::filesystem::permissions(folder_ + "/pin", std::filesystem::perms::owner_read);
    ASSERT_EQ(
        test_support::run_quietly("certutil -N -d sql:" + folder_ + " -f " + folder_ + "/pin"), 0);
    setenv("SEALGATE_NSS_DATABASE", folder_.c_str(), 1);
    Result<std::shared_ptr<Module>> module = Module::load(SG_NSS_PKCS11);
    ASSERT_TRUE(module);
    module_ = std::move(module).value();
    add_keys();
  }

  void TearDown() override {
    token_.reset();
    module_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  void add_keys() {
    TokenKeys keys(module_, kLabel, kPin);
    keys.generate_curve_key("p256", kP256);
    keys.generate_curve_key("p384", kP384);
    keys.generate_curve_key("p521", kP521);
    Result<std::unique_ptr<Token>> token =
        Token::create(module_, {.module = SG_NSS_PKCS11,
                                .uri = "pkcs11:token=NSS%20Certificate%20DB",
                                .pin_file = folder_ + "/pin",
                                .lanes = 1});
    ASSERT_TRUE(token);
    token_ = std::move(token).value();
    const Result<void> opened = token_->open();
    ASSERT_TRUE(opened) << opened.error().kind().name << " " << opened.error().detail();
    const Result<KeyReport> made = token_->generate_key_pair({.label = "rsa",
                                                              .id = {1, 2, 3},
                                                              .algorithm = KeyAlgorithm::Rsa2048,
                                                              .usage = KeyUsage::Decrypt});
    ASSERT_TRUE(made) << made.error().kind().name << " " << made.error().detail();
  }

  const TokenKey* key_named(const std::string& label) {
    keys_ = token_->keys();
    for (const TokenKey& key : keys_->keys()) {
      if (key.report.label == label && key.public_key != nullptr) return &key;
    }
    return nullptr;
  }

  ExecuteResult run(const TokenKey& key, KeyAction action, Mechanism mechanism, ByteView input) {
    Result<Session> session = token_->open_session();
    EXPECT_TRUE(session);
    KeyOperation operation;
    operation.key = key.report.id;
    operation.action = action;
    operation.mechanism = mechanism;
    operation.key_bytes = action == KeyAction::DecryptKey ? 32 : 0;
    operation.input.assign(input);
    return session.value().execute(key, operation, output_);
  }

  std::string folder_;
  std::shared_ptr<Module> module_;
  std::unique_ptr<Token> token_;
  std::shared_ptr<const KeyTable> keys_;
  InlineBytes<kKeyOutputBytesMax> output_;
};

TEST_F(Nss, DecryptsWithPkcs1AndRejectsImplicitly) {
  const TokenKey* const key = key_named("rsa");
  ASSERT_NE(key, nullptr);
  const Bytes secret(32, 0x42);
  Bytes ciphertext = test_support::encrypt_pkcs1(key->report.public_key, secret);
  ExecuteResult result = run(*key, KeyAction::DecryptKey, Mechanism::RsaPkcs1Decrypt, ciphertext);
  ASSERT_EQ(result.outcome, KeyOutcome::Done) << result.rv;
  EXPECT_TRUE(equal_bytes(output_.view(), secret));
  ciphertext[100] ^= 1U;
  result = run(*key, KeyAction::DecryptKey, Mechanism::RsaPkcs1Decrypt, ciphertext);
  EXPECT_EQ(result.outcome, KeyOutcome::Done) << result.rv;
  EXPECT_EQ(output_.size, 32U);
  EXPECT_FALSE(equal_bytes(output_.view(), secret));
}

TEST_F(Nss, DecryptsOaepWithEveryDigestByItself) {
  const TokenKey* const key = key_named("rsa");
  ASSERT_NE(key, nullptr);
  struct Case {
    Mechanism mechanism;
    const char* digest;
    const char* mgf1;
  };
  const std::array cases = {
      Case{Mechanism::RsaOaepSha1Decrypt, "SHA1", "SHA1"},
      Case{Mechanism::RsaOaepSha256Decrypt, "SHA256", "SHA256"},
      Case{Mechanism::RsaOaepSha384Decrypt, "SHA384", "SHA384"},
      Case{Mechanism::RsaOaepSha512Decrypt, "SHA512", "SHA512"},
      Case{Mechanism::RsaOaepSha256Mgf1Sha1Decrypt, "SHA256", "SHA1"},
  };
  const Bytes secret(32, 0x42);
  for (const Case& each : cases) {
    EXPECT_EQ(key->ways.rsa(each.mechanism).first, RsaWay::Own) << name_of(each.mechanism);
    Bytes ciphertext =
        test_support::encrypt_oaep(key->report.public_key, secret, each.digest, each.mgf1);
    ExecuteResult result = run(*key, KeyAction::DecryptKey, each.mechanism, ciphertext);
    ASSERT_EQ(result.outcome, KeyOutcome::Done) << name_of(each.mechanism) << " " << result.rv;
    EXPECT_TRUE(equal_bytes(output_.view(), secret)) << name_of(each.mechanism);
    ciphertext[100] ^= 1U;
    result = run(*key, KeyAction::DecryptKey, each.mechanism, ciphertext);
    EXPECT_EQ(result.outcome, KeyOutcome::BadInput) << name_of(each.mechanism) << " " << result.rv;
  }
}

TEST_F(Nss, AgreesOnTheNistCurves) {
  for (const char* label : {"p256", "p384", "p521"}) {
    const TokenKey* const key = key_named(label);
    ASSERT_NE(key, nullptr) << label;
    const test_support::Agreed agreed = test_support::agree_with(key->report.public_key);
    const ExecuteResult result =
        run(*key, KeyAction::DeriveSecret, Mechanism::EcdhDerive, agreed.point);
    ASSERT_EQ(result.outcome, KeyOutcome::Done) << label << " " << result.rv;
    EXPECT_TRUE(equal_bytes(output_.view(), agreed.secret)) << label;
    Bytes wrong = agreed.point;
    wrong.back() ^= 1U;
    EXPECT_EQ(run(*key, KeyAction::DeriveSecret, Mechanism::EcdhDerive, wrong).outcome,
              KeyOutcome::BadInput)
        << label;
  }
}

TEST_F(Nss, IsReportedAsItIs) {
  const Result<TokenReport> report = token_->report();
  ASSERT_TRUE(report);
  for (const SmimeCapability& each : smime_capabilities(report.value())) {
    const bool is_decryption = each.name.starts_with("decrypt") || each.name.starts_with("agree");
    if (!is_decryption || each.key_type == KeyType::X25519) continue;
    EXPECT_EQ(each.state, CapabilityState::Works) << each.name << ": " << each.sentence;
  }
}

}  // namespace
}  // namespace sealgate::hsm
