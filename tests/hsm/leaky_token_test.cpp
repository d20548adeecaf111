// SPDX-License-Identifier: Apache-2.0
//
// The leaky module does what it is for, over SoftHSM: it works as a token, and tells by its time
// what PKCS#1 v1.5 found. That our own layer shows the same outcome for both stays true even here.
#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "hsm/pkcs11/token.h"
#include "tests/support/openssl_sender.h"
#include "tests/support/softhsm_token.h"

namespace sealgate::hsm {
namespace {

using test_support::SoftHsmToken;

constexpr auto kPause = std::chrono::milliseconds(100);

class LeakyToken : public testing::Test {
 protected:
  void SetUp() override {
    if (SoftHsmToken::module_path().empty()) GTEST_SKIP() << "softhsm2 is not installed";
    soft_ = std::make_unique<SoftHsmToken>("leaky");
    setenv("SEALGATE_LEAKY_MODULE", SoftHsmToken::module_path().c_str(), 1);
    setenv("SEALGATE_LEAKY_MICROS", "100000", 1);
    Result<std::shared_ptr<Module>> module = Module::load(SG_LEAKY_PKCS11);
    ASSERT_TRUE(module);
    Result<std::unique_ptr<Token>> token = Token::create(module.value(), soft_->settings());
    ASSERT_TRUE(token);
    token_ = std::move(token).value();
    ASSERT_TRUE(token_->open());
    const Result<KeyReport> made = token_->generate_key_pair({.label = "rsa",
                                                              .id = {1},
                                                              .algorithm = KeyAlgorithm::Rsa2048,
                                                              .usage = KeyUsage::Decrypt});
    ASSERT_TRUE(made);
    keys_ = token_->keys();
    key_ = keys_->find(made.value().id);
    ASSERT_NE(key_, nullptr);
  }

  // How long one decryption takes, and what comes out.
  std::chrono::nanoseconds time_of(Mechanism mechanism, ByteView ciphertext) {
    Result<Session> session = token_->open_session();
    EXPECT_TRUE(session);
    KeyOperation operation;
    operation.action = KeyAction::DecryptKey;
    operation.mechanism = mechanism;
    operation.key_bytes = 32;
    operation.input.assign(ciphertext);
    const auto begin = std::chrono::steady_clock::now();
    result_ = session.value().execute(*key_, operation, output_);
    return std::chrono::steady_clock::now() - begin;
  }

  std::unique_ptr<SoftHsmToken> soft_;
  std::unique_ptr<Token> token_;
  std::shared_ptr<const KeyTable> keys_;
  const TokenKey* key_ = nullptr;
  ExecuteResult result_;
  InlineBytes<kKeyOutputBytesMax> output_;
};

TEST_F(LeakyToken, TellsWrongPaddingByItsTimeAlone) {
  const Bytes secret(32, 0x42);
  const Bytes right = test_support::encrypt_pkcs1(key_->report.public_key, secret);
  Bytes block(256, 0x5a);  // Begins with neither 00 nor 02.
  block[0] = 0;
  const Bytes wrong = test_support::encrypt_block(key_->report.public_key, block);
  // The fastest of some: a busy machine makes one slow, but never fast.
  std::chrono::nanoseconds fastest = time_of(Mechanism::RsaPkcs1Decrypt, right);
  for (int i = 0; i < 9; ++i)
    fastest = std::min(fastest, time_of(Mechanism::RsaPkcs1Decrypt, right));
  EXPECT_LT(fastest, kPause);
  EXPECT_EQ(result_.outcome, KeyOutcome::Done);
  EXPECT_TRUE(equal_bytes(output_.view(), secret));
  EXPECT_GE(time_of(Mechanism::RsaPkcs1Decrypt, wrong), kPause);
  EXPECT_EQ(result_.outcome, KeyOutcome::Done);
  EXPECT_EQ(output_.size, 32U);
}

TEST_F(LeakyToken, HasNoRawRsaThatWouldHideIt) {
  EXPECT_EQ(key_->ways.rsa(Mechanism::RsaPkcs1Decrypt).first, RsaWay::Own);
  EXPECT_FALSE(key_->ways.rsa(Mechanism::RsaPkcs1Decrypt).second);
  const Result<TokenReport> report = token_->report();
  ASSERT_TRUE(report);
  for (const MechanismReport& each : report.value().mechanisms) {
    EXPECT_NE(each.type, CKM_RSA_X_509);
  }
}

}  // namespace
}  // namespace sealgate::hsm
