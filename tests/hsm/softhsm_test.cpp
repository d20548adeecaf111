// SPDX-License-Identifier: Apache-2.0
//
// The HSM plane over SoftHSM, a token that is not ours; results are checked by OpenSSL, by its
// library and by its command line.
#include <array>
#include <fstream>
#include <memory>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "hsm/api/smime_capability.h"
#include "hsm/dispatch/dispatcher.h"
#include "hsm/dispatch/doorbell.h"
#include "hsm/pkcs11/token.h"
#include "tests/support/softhsm_token.h"

namespace sealgate::hsm {
namespace {

using test_support::run_quietly;
using test_support::SoftHsmToken;

constexpr std::uint64_t kUserPinCountLow = 0x10000;

class SoftHsm : public testing::Test {
 protected:
  void SetUp() override {
    if (SoftHsmToken::module_path().empty()) GTEST_SKIP() << "softhsm2 is not installed";
    soft_ = std::make_unique<SoftHsmToken>("sealgate-test");
  }

  std::unique_ptr<Token> open_token() const {
    Result<std::shared_ptr<Module>> module = Module::load(SoftHsmToken::module_path());
    EXPECT_TRUE(module);
    Result<std::unique_ptr<Token>> token = Token::create(module.value(), soft_->settings());
    EXPECT_TRUE(token);
    const Result<void> opened = token.value()->open();
    EXPECT_TRUE(opened);
    return std::move(token).value();
  }

  static KeyReport generate(Token& token, KeyAlgorithm algorithm, KeyUsage usage,
                            const std::string& label) {
    const Bytes id(as_bytes(label).begin(), as_bytes(label).end());
    Result<KeyReport> made =
        token.generate_key_pair({.label = label, .id = id, .algorithm = algorithm, .usage = usage});
    EXPECT_TRUE(made) << label << ": " << (made ? "" : made.error().kind().name) << " "
                      << (made ? 0 : made.error().detail());
    return made ? made.value() : KeyReport();
  }

  KeyCompletion run_one(KeyQueue& queue, const KeyReport& key, Mechanism mechanism, ByteView input,
                        KeyAction action = KeyAction::SignDigest) const {
    KeyOperation operation;
    operation.key = key.id;
    operation.action = action;
    operation.mechanism = mechanism;
    operation.deadline = monotonic_now() + std::chrono::minutes(1);
    operation.key_bytes = action == KeyAction::DecryptKey ? 32 : 0;
    operation.input.assign(input);
    EXPECT_EQ(queue.submit({&operation, 1}), 1U);
    for (;;) {
      const std::span<const KeyCompletion> done = queue.poll();
      if (!done.empty()) return done.front();
      std::this_thread::yield();
    }
  }

  std::unique_ptr<Dispatcher> make_dispatcher() const {
    DispatcherSettings settings;
    settings.tokens.push_back(soft_->settings());
    settings.recovery_pause_min = std::chrono::milliseconds(5);
    settings.recovery_pause_max = std::chrono::milliseconds(20);
    Result<std::unique_ptr<Dispatcher>> made = Dispatcher::create(settings);
    EXPECT_TRUE(made);
    return std::move(made).value();
  }

  std::string write_file(const std::string& name, ByteView content) const {
    const std::string path = soft_->folder() + "/" + name;
    std::ofstream file(path, std::ios::binary);
    file << as_text(content);
    return path;
  }

  std::unique_ptr<SoftHsmToken> soft_;
};

// By OpenSSL alone: what a recipient would do.
bool openssl_verifies(const KeyReport& key, const EVP_MD* digest, bool is_pss, ByteView text,
                      ByteView signature) {
  const std::uint8_t* der = key.public_key.data();
  EVP_PKEY* const pkey = d2i_PUBKEY(nullptr, &der, static_cast<long>(key.public_key.size()));
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  bool good = EVP_DigestVerifyInit(context, &parameters, digest, nullptr, pkey) == 1;
  if (is_pss) {
    good = good && EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1;
  }
  good = good && EVP_DigestVerify(context, signature.data(), signature.size(), text.data(),
                                  text.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
  return good;
}

Bytes digest_of(const EVP_MD* type, ByteView text) {
  Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(type)));
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, type, nullptr);
  return digest;
}

const Bytes kText = {'s', 'i', 'g', 'n', ' ', 'm', 'e'};

TEST_F(SoftHsm, GeneratesKeysThatNeverLeaveIt) {
  const std::unique_ptr<Token> token = open_token();
  const KeyReport key = generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Sign, "rsa-sign");
  EXPECT_EQ(key.type, KeyType::Rsa);
  EXPECT_EQ(key.bits, 2048U);
  EXPECT_TRUE(key.is_sensitive);
  EXPECT_FALSE(key.is_extractable);
  EXPECT_TRUE(key.may_sign);
  EXPECT_FALSE(key.may_decrypt);
  EXPECT_FALSE(key.may_derive);
  EXPECT_EQ(key.id, key_id_of(key.public_key));
  // The same id again would make two keys that configuration cannot tell apart.
  const Result<KeyReport> twice = token->generate_key_pair(
      {.label = "x", .id = key.token_id, .algorithm = KeyAlgorithm::P256, .usage = {}});
  ASSERT_FALSE(twice);
  EXPECT_TRUE(twice.error().is(kKeySpecInvalid));
  EXPECT_TRUE(token->generate_key_pair({}).error().is(kKeySpecInvalid));
  const KeyReport other = generate(*token, KeyAlgorithm::P256, KeyUsage::Decrypt, "ec-agree");
  EXPECT_TRUE(other.may_derive);
  EXPECT_FALSE(other.may_sign);
}

TEST_F(SoftHsm, SignsWithEveryScheme) {
  {
    const std::unique_ptr<Token> token = open_token();
    generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Sign, "rsa");
    generate(*token, KeyAlgorithm::P256, KeyUsage::Sign, "p256");
    generate(*token, KeyAlgorithm::P384, KeyUsage::Sign, "p384");
    generate(*token, KeyAlgorithm::Ed25519, KeyUsage::Sign, "ed25519");
  }
  struct Case {
    const char* label;
    Mechanism mechanism;
    const EVP_MD* digest;
    bool is_pss;
  };
  const std::array cases = {
      Case{"rsa", Mechanism::RsaPkcs1Sha256, EVP_sha256(), false},
      Case{"rsa", Mechanism::RsaPkcs1Sha384, EVP_sha384(), false},
      Case{"rsa", Mechanism::RsaPkcs1Sha512, EVP_sha512(), false},
      Case{"rsa", Mechanism::RsaPssSha256, EVP_sha256(), true},
      Case{"rsa", Mechanism::RsaPssSha384, EVP_sha384(), true},
      Case{"rsa", Mechanism::RsaPssSha512, EVP_sha512(), true},
      Case{"p256", Mechanism::EcdsaSha256, EVP_sha256(), false},
      Case{"p256", Mechanism::EcdsaSha512, EVP_sha512(), false},
      Case{"p384", Mechanism::EcdsaSha384, EVP_sha384(), false},
      Case{"p384", Mechanism::EcdsaSha256, EVP_sha256(), false},
  };
  const std::unique_ptr<Dispatcher> dispatcher = make_dispatcher();
  const std::unique_ptr<KeyQueue> queue = dispatcher->create_queue(-1);
  dispatcher->start();
  for (const Case& each : cases) {
    const Result<KeyReport> key =
        dispatcher->find_key(soft_->uri() + ";object=" + each.label + ";type=private");
    ASSERT_TRUE(key) << each.label;
    const KeyCompletion done =
        run_one(*queue, key.value(), each.mechanism, digest_of(each.digest, kText));
    ASSERT_EQ(done.outcome, KeyOutcome::Done) << name_of(each.mechanism) << " " << done.detail;
    EXPECT_TRUE(openssl_verifies(key.value(), each.digest, each.is_pss, kText, done.output.view()))
        << name_of(each.mechanism);
  }
  const Result<KeyReport> edwards = dispatcher->find_key(soft_->uri() + ";object=ed25519");
  ASSERT_TRUE(edwards);
  const KeyCompletion done = run_one(*queue, edwards.value(), Mechanism::Ed25519, kText);
  ASSERT_EQ(done.outcome, KeyOutcome::Done) << done.detail;
  EXPECT_TRUE(openssl_verifies(edwards.value(), nullptr, false, kText, done.output.view()));
}

TEST_F(SoftHsm, SignaturesVerifyOnTheCommandLineOfOpenSsl) {
  const std::unique_ptr<Token> token = open_token();
  const std::string text = write_file("text", kText);
  const Bytes digest = digest_of(EVP_sha256(), kText);
  const std::array cases = {
      std::pair{generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Sign, "rsa"),
                Mechanism::RsaPkcs1Sha256},
      std::pair{generate(*token, KeyAlgorithm::P256, KeyUsage::Sign, "ec"), Mechanism::EcdsaSha256},
  };
  for (const auto& [key, mechanism] : cases) {
    const Result<Bytes> signature = token->sign_blocking(key.id, mechanism, digest);
    ASSERT_TRUE(signature);
    const std::string public_key = write_file("key.der", key.public_key);
    const std::string file = write_file("signature", signature.value());
    const std::string pem = soft_->folder() + "/key.pem";
    ASSERT_EQ(run_quietly("openssl pkey -pubin -inform DER -in " + public_key + " -out " + pem), 0);
    const std::string verify = "openssl dgst -sha256 -verify " + pem + " -signature " + file + " ";
    EXPECT_EQ(run_quietly(verify + text), 0);
    EXPECT_NE(run_quietly(verify + public_key), 0);  // Another text.
  }
}

TEST_F(SoftHsm, DecryptsAndDerives) {
  {
    const std::unique_ptr<Token> token = open_token();
    generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Decrypt, "rsa");
    generate(*token, KeyAlgorithm::P256, KeyUsage::Decrypt, "p256");
    generate(*token, KeyAlgorithm::P384, KeyUsage::Decrypt, "p384");
  }
  const std::unique_ptr<Dispatcher> dispatcher = make_dispatcher();
  const std::unique_ptr<KeyQueue> queue = dispatcher->create_queue(-1);
  dispatcher->start();
  const KeyReport rsa = dispatcher->find_key("pkcs11:object=rsa").value();
  const Result<PublicKey> rsa_public = PublicKey::from_spki(rsa.public_key);
  const Bytes secret(32, 0x42);
  for (const Mechanism each :
       {Mechanism::RsaPkcs1Decrypt, Mechanism::RsaOaepSha1Decrypt, Mechanism::RsaOaepSha256Decrypt,
        Mechanism::RsaOaepSha384Decrypt, Mechanism::RsaOaepSha512Decrypt,
        Mechanism::RsaOaepSha256Mgf1Sha1Decrypt}) {
    const Result<Bytes> wrapped = rsa_public.value().encrypt(each, secret);
    ASSERT_TRUE(wrapped);
    const KeyCompletion done = run_one(*queue, rsa, each, wrapped.value(), KeyAction::DecryptKey);
    ASSERT_EQ(done.outcome, KeyOutcome::Done) << name_of(each) << " " << done.detail;
    EXPECT_TRUE(equal_bytes(done.output.view(), secret));
    // A broken one is the message's fault, though SoftHSM says only "general error"; with
    // PKCS#1 v1.5 nobody learns that it was one.
    const bool is_silent = each == Mechanism::RsaPkcs1Decrypt;
    Bytes broken = wrapped.value();
    broken[100] ^= 1U;
    const KeyCompletion bad = run_one(*queue, rsa, each, broken, KeyAction::DecryptKey);
    EXPECT_EQ(bad.outcome, is_silent ? KeyOutcome::Done : KeyOutcome::BadInput)
        << name_of(each) << " " << bad.detail;
    EXPECT_EQ(bad.output.size, is_silent ? 32U : 0U);
    EXPECT_FALSE(equal_bytes(bad.output.view(), secret));
  }
  for (const char* label : {"p256", "p384"}) {
    const KeyReport key = dispatcher->find_key(std::string("pkcs11:object=") + label).value();
    const auto agreed = PublicKey::from_spki(key.public_key).value().agree();
    ASSERT_TRUE(agreed);
    const KeyCompletion done = run_one(*queue, key, Mechanism::EcdhDerive,
                                       agreed.value().peer_point, KeyAction::DeriveSecret);
    ASSERT_EQ(done.outcome, KeyOutcome::Done) << label << " " << done.detail;
    EXPECT_TRUE(equal_bytes(done.output.view(), agreed.value().secret)) << label;
    Bytes off_curve = agreed.value().peer_point;
    off_curve.back() ^= 1U;
    EXPECT_EQ(
        run_one(*queue, key, Mechanism::EcdhDerive, off_curve, KeyAction::DeriveSecret).outcome,
        KeyOutcome::BadInput);
  }
}

TEST_F(SoftHsm, IsReportedAsItIs) {
  const std::unique_ptr<Token> token = open_token();
  generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Sign, "sign");
  generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Decrypt, "decrypt");
  const Result<TokenReport> report = token->report();
  ASSERT_TRUE(report);
  EXPECT_EQ(report.value().label, "sealgate-test");
  EXPECT_EQ(report.value().keys.size(), 2U);
  EXPECT_FALSE(report.value().mechanisms.empty());
  std::string oaep_sha256;
  for (const SmimeCapability& each : smime_capabilities(report.value())) {
    EXPECT_FALSE(each.sentence.empty()) << each.name;
    if (each.mechanism == Mechanism::RsaOaepSha256Decrypt) oaep_sha256 = each.sentence;
    if (each.mechanism == Mechanism::RsaPkcs1Sha256 || each.mechanism == Mechanism::RsaPssSha256 ||
        each.mechanism == Mechanism::RsaPkcs1Decrypt ||
        each.mechanism == Mechanism::RsaOaepSha1Decrypt ||
        each.mechanism == Mechanism::RsaOaepSha256Decrypt ||
        each.mechanism == Mechanism::RsaOaepSha512Decrypt) {
      EXPECT_EQ(each.state, CapabilityState::Works) << each.name;
    }
    // No curve key is there to try it with.
    if (each.mechanism == Mechanism::EcdsaSha256) {
      EXPECT_EQ(each.state, CapabilityState::Listed);
    }
  }
  // It lists OAEP and then refuses SHA-256: only trying tells.
  EXPECT_NE(oaep_sha256.find("through raw RSA"), std::string::npos) << oaep_sha256;
}

TEST_F(SoftHsm, GetsAWrongPinExactlyOnce) {
  soft_->set_pin_file("4321\n");
  {
    const std::unique_ptr<Dispatcher> dispatcher = make_dispatcher();
    const std::unique_ptr<KeyQueue> queue = dispatcher->create_queue(-1);
    dispatcher->start();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // Many pauses of recovery.
    EXPECT_EQ(dispatcher->status()[0].state, TokenState::Refused);
    EXPECT_EQ(dispatcher->status()[0].error, &kPinIncorrect);
    EXPECT_EQ(dispatcher->status()[0].counters.logins, 1U);
  }
  // What the token itself says: a wrong try, and not locked.
  soft_->set_pin_file("1234\n");
  const Result<std::shared_ptr<Module>> module = Module::load(SoftHsmToken::module_path());
  ASSERT_TRUE(module);
  CK_FUNCTION_LIST& functions = module.value()->functions();
  std::array<CK_SLOT_ID, 8> slots{};
  CK_ULONG count = slots.size();
  ASSERT_EQ(functions.C_GetSlotList(CK_TRUE, slots.data(), &count), CKR_OK);
  CK_TOKEN_INFO token_info{};
  ASSERT_EQ(functions.C_GetTokenInfo(slots[0], &token_info), CKR_OK);
  EXPECT_EQ(token_info.flags & kUserPinCountLow, kUserPinCountLow);
  EXPECT_EQ(token_info.flags & CKF_USER_PIN_LOCKED, 0U);
  Result<std::unique_ptr<Token>> token = Token::create(module.value(), soft_->settings());
  ASSERT_TRUE(token);
  EXPECT_TRUE(token.value()->open());
}

TEST_F(SoftHsm, ReportsATokenThatIsNotThere) {
  DispatcherSettings settings;
  settings.tokens.push_back(soft_->settings());
  settings.tokens[0].uri = "pkcs11:token=another";
  const Result<std::unique_ptr<Dispatcher>> made = Dispatcher::create(settings);
  ASSERT_TRUE(made);
  EXPECT_EQ(made.value()->status()[0].error, &kTokenNotFound);
  EXPECT_EQ(made.value()->status()[0].state, TokenState::Recovering);
}

TEST_F(SoftHsm, IsUsedAgainAfterItWasAway) {
  {
    const std::unique_ptr<Token> token = open_token();
    generate(*token, KeyAlgorithm::P256, KeyUsage::Sign, "p256");
  }
  const std::unique_ptr<Dispatcher> dispatcher = make_dispatcher();
  const std::unique_ptr<KeyQueue> queue = dispatcher->create_queue(-1);
  dispatcher->start();
  const KeyReport key = dispatcher->find_key("pkcs11:object=p256").value();
  const Bytes digest(32, 3);
  EXPECT_EQ(run_one(*queue, key, Mechanism::EcdsaSha256, digest).outcome, KeyOutcome::Done);
  soft_->unplug();
  KeyOutcome away = KeyOutcome::Done;
  const TimePoint give_up = monotonic_now() + std::chrono::seconds(20);
  while (away == KeyOutcome::Done && monotonic_now() < give_up) {
    away = run_one(*queue, key, Mechanism::EcdsaSha256, digest).outcome;
  }
  EXPECT_EQ(away, KeyOutcome::TokenUnavailable);
  soft_->plug_in();
  while (away != KeyOutcome::Done && monotonic_now() < give_up) {
    away = run_one(*queue, key, Mechanism::EcdsaSha256, digest).outcome;
  }
  EXPECT_EQ(away, KeyOutcome::Done);
}

TEST_F(SoftHsm, RefusesAKeyWithoutTheAttribute) {
  const std::unique_ptr<Token> token = open_token();
  const KeyReport key = generate(*token, KeyAlgorithm::Rsa2048, KeyUsage::Decrypt, "decrypt");
  const Result<Bytes> signature =
      token->sign_blocking(key.id, Mechanism::RsaPkcs1Sha256, Bytes(32, 1));
  ASSERT_FALSE(signature);
  EXPECT_TRUE(signature.error().is(kKeyNotPermitted));
  EXPECT_TRUE(
      token->sign_blocking({}, Mechanism::RsaPkcs1Sha256, Bytes(32)).error().is(kKeyUnknown));
}

}  // namespace
}  // namespace sealgate::hsm
