// SPDX-License-Identifier: Apache-2.0
//
// Project Wycheproof's vectors through our PKCS#11 layer, with their private keys in SoftHSM. The
// vectors are not ours: they are looked for in $SEALGATE_CORPORA/wycheproof.
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include <gtest/gtest.h>

#include "base/check.h"
#include "tests/hsm/token_keys.h"
#include "tests/support/softhsm_token.h"

namespace sealgate::hsm {
namespace {

using Json = nlohmann::json;
using test_support::SoftHsmToken;

Bytes from_hex(const Json& value) {
  const std::string text = value.get<std::string>();
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

bool has_flag(const Json& vector, const char* flag) {
  for (const Json& each : vector.at("flags")) {
    if (each == flag) return true;
  }
  return false;
}

class Wycheproof : public testing::Test {
 protected:
  void SetUp() override {
    if (SoftHsmToken::module_path().empty()) GTEST_SKIP() << "softhsm2 is not installed";
    const char* corpora = std::getenv("SEALGATE_CORPORA");
    folder_ = corpora == nullptr ? "" : std::string(corpora) + "/wycheproof/";
    if (!std::ifstream(folder_ + "x25519_test.json").good()) {
      GTEST_SKIP() << "wycheproof is not here: set SEALGATE_CORPORA";
    }
    soft_ = std::make_unique<SoftHsmToken>("wycheproof");
    Result<std::shared_ptr<Module>> module = Module::load(SoftHsmToken::module_path());
    ASSERT_TRUE(module);
    token_ = std::make_unique<TokenKeys>(std::move(module).value(), "wycheproof", "1234");
  }

  Json read(const std::string& name) const {
    std::ifstream file(folder_ + name);
    std::stringstream text;
    text << file.rdbuf();
    Json read = Json::parse(text.str(), nullptr, false);
    SG_CHECK(!read.is_discarded());
    return read;
  }

  ExecuteResult run(const TokenKey& key, KeyAction action, Mechanism mechanism, ByteView input,
                    std::size_t key_bytes) {
    KeyOperation operation;
    operation.key = key.report.id;
    operation.action = action;
    operation.mechanism = mechanism;
    operation.key_bytes = static_cast<std::uint8_t>(key_bytes);
    operation.input.assign(input);
    return token_->session().execute(key, operation, output_);
  }

  void run_pkcs1(const std::string& name);
  void run_oaep(const std::string& name, Mechanism mechanism, RsaWay way);
  void run_ecdh(const std::string& name, const char* curve);

  std::string folder_;
  std::unique_ptr<SoftHsmToken> soft_;
  std::unique_ptr<TokenKeys> token_;
  InlineBytes<kKeyOutputBytesMax> output_;
};

// Each group's key once; keys are found again by their name, which is the PKCS#8 itself.
std::map<std::string, TokenKey> import_rsa_keys(TokenKeys& token, const Json& groups) {
  std::map<std::string, std::string> names;
  for (const Json& group : groups) {
    const std::string pkcs8 = group.at("privateKeyPkcs8");
    if (names.contains(pkcs8)) continue;
    const std::string name = "key" + std::to_string(names.size());
    names[pkcs8] = name;
    token.import_key(name, private_key_of_pkcs8(from_hex(group.at("privateKeyPkcs8"))).get());
  }
  std::map<std::string, TokenKey> by_pkcs8;
  for (const TokenKey& key : token.read()) {
    for (const auto& [pkcs8, name] : names) {
      if (key.report.label == name) by_pkcs8[pkcs8] = key;
    }
  }
  SG_CHECK(by_pkcs8.size() == names.size());
  return by_pkcs8;
}

void Wycheproof::run_pkcs1(const std::string& name) {
  const Json file = read(name);
  const std::map<std::string, TokenKey> keys = import_rsa_keys(*token_, file.at("testGroups"));
  std::size_t valid = 0;
  std::size_t invalid = 0;
  for (const Json& group : file.at("testGroups")) {
    const TokenKey& key = keys.at(group.at("privateKeyPkcs8"));
    EXPECT_EQ(key.ways.rsa(Mechanism::RsaPkcs1Decrypt).first, RsaWay::Raw);
    for (const Json& vector : group.at("tests")) {
      const Bytes message = from_hex(vector.at("msg"));
      const bool is_key = !message.empty() && message.size() <= kContentKeyBytesMax;
      const bool is_valid = vector.at("result") == "valid" && is_key;
      const std::size_t size = is_key ? message.size() : 16;
      const ExecuteResult result = run(key, KeyAction::DecryptKey, Mechanism::RsaPkcs1Decrypt,
                                       from_hex(vector.at("ct")), size);
      // Always a key of the wanted size, and the right one exactly where there is one.
      ASSERT_EQ(result.outcome, KeyOutcome::Done) << name << " " << vector.at("tcId");
      EXPECT_EQ(result.rv, CKR_OK);
      EXPECT_EQ(output_.size, size);
      EXPECT_EQ(equal_bytes(output_.view(), message), is_valid) << name << " " << vector.at("tcId");
      ++(is_valid ? valid : invalid);
    }
  }
  EXPECT_GT(valid, 8U);
  EXPECT_GT(invalid, 24U);
}

TEST_F(Wycheproof, Pkcs1Of2048Bits) {
  run_pkcs1("rsa_pkcs1_2048_test.json");
}

TEST_F(Wycheproof, Pkcs1Of3072Bits) {
  run_pkcs1("rsa_pkcs1_3072_test.json");
}

TEST_F(Wycheproof, Pkcs1Of4096Bits) {
  run_pkcs1("rsa_pkcs1_4096_test.json");
}

void Wycheproof::run_oaep(const std::string& name, Mechanism mechanism, RsaWay way) {
  const Json file = read(name);
  const std::map<std::string, TokenKey> keys = import_rsa_keys(*token_, file.at("testGroups"));
  std::size_t valid = 0;
  std::size_t invalid = 0;
  for (const Json& group : file.at("testGroups")) {
    const TokenKey& key = keys.at(group.at("privateKeyPkcs8"));
    EXPECT_EQ(key.ways.rsa(mechanism).first, way);
    for (const Json& vector : group.at("tests")) {
      const Bytes message = from_hex(vector.at("msg"));
      const bool is_key = !message.empty() && message.size() <= kContentKeyBytesMax;
      // CMS has no label other than the empty one (RFC 3560, 3).
      const bool is_valid = vector.at("result") == "valid" && is_key && vector.at("label") == "";
      const ExecuteResult result = run(key, KeyAction::DecryptKey, mechanism,
                                       from_hex(vector.at("ct")), is_key ? message.size() : 16);
      EXPECT_EQ(result.outcome, is_valid ? KeyOutcome::Done : KeyOutcome::BadInput)
          << name << " " << vector.at("tcId");
      EXPECT_EQ(equal_bytes(output_.view(), message), is_valid || (!is_key && message.empty()))
          << name << " " << vector.at("tcId");
      ++(is_valid ? valid : invalid);
    }
  }
  EXPECT_GT(valid, 5U);
  EXPECT_GT(invalid, 18U);
}

TEST_F(Wycheproof, OaepWithSha1ByTheTokenItself) {
  run_oaep("rsa_oaep_2048_sha1_mgf1sha1_test.json", Mechanism::RsaOaepSha1Decrypt, RsaWay::Own);
}

TEST_F(Wycheproof, OaepThroughRawRsa) {
  run_oaep("rsa_oaep_2048_sha256_mgf1sha256_test.json", Mechanism::RsaOaepSha256Decrypt,
           RsaWay::Raw);
  run_oaep("rsa_oaep_3072_sha256_mgf1sha256_test.json", Mechanism::RsaOaepSha256Decrypt,
           RsaWay::Raw);
  run_oaep("rsa_oaep_2048_sha384_mgf1sha384_test.json", Mechanism::RsaOaepSha384Decrypt,
           RsaWay::Raw);
  run_oaep("rsa_oaep_2048_sha512_mgf1sha512_test.json", Mechanism::RsaOaepSha512Decrypt,
           RsaWay::Raw);
  run_oaep("rsa_oaep_4096_sha512_mgf1sha512_test.json", Mechanism::RsaOaepSha512Decrypt,
           RsaWay::Raw);
  run_oaep("rsa_oaep_2048_sha256_mgf1sha1_test.json", Mechanism::RsaOaepSha256Mgf1Sha1Decrypt,
           RsaWay::Raw);
}

void Wycheproof::run_ecdh(const std::string& name, const char* curve) {
  const Json file = read(name);
  std::map<std::string, std::string> names;  // By the private key's hexadecimal.
  for (const Json& vector : file.at("testGroups").at(0).at("tests")) {
    const std::string secret = vector.at("private");
    if (!names.try_emplace(secret, "key" + std::to_string(names.size())).second) continue;
    const Bytes bytes = from_hex(vector.at("private"));
    const PrivateKey key =
        curve == nullptr ? private_key_of_x25519(bytes) : private_key_on_curve(curve, bytes);
    token_->import_key(names[secret], key.get());
  }
  std::map<std::string, TokenKey> keys;
  for (const TokenKey& key : token_->read()) keys[key.report.label] = key;
  std::size_t found = 0;
  std::size_t refused = 0;
  for (const Json& vector : file.at("testGroups").at(0).at("tests")) {
    const TokenKey& key = keys.at(names.at(vector.at("private")));
    const Bytes shared = from_hex(vector.at("shared"));
    // Compressed points are allowed to be refused, and a secret of zero has to be.
    const bool is_valid = vector.at("result") != "invalid" &&
                          !has_flag(vector, "CompressedPoint") &&
                          !has_flag(vector, "ZeroSharedSecret");
    const ExecuteResult result =
        run(key, KeyAction::DeriveSecret, Mechanism::EcdhDerive, from_hex(vector.at("public")), 0);
    EXPECT_EQ(result.outcome, is_valid ? KeyOutcome::Done : KeyOutcome::BadInput)
        << name << " " << vector.at("tcId") << " " << result.rv;
    EXPECT_TRUE(equal_bytes(output_.view(), is_valid ? shared : Bytes()))
        << name << " " << vector.at("tcId");
    ++(is_valid ? found : refused);
  }
  EXPECT_GT(found, 250U);
  EXPECT_GT(refused, 18U);
}

TEST_F(Wycheproof, EcdhOnP256) {
  run_ecdh("ecdh_secp256r1_ecpoint_test.json", "P-256");
}

TEST_F(Wycheproof, EcdhOnP384) {
  run_ecdh("ecdh_secp384r1_ecpoint_test.json", "P-384");
}

TEST_F(Wycheproof, EcdhOnP521) {
  run_ecdh("ecdh_secp521r1_ecpoint_test.json", "P-521");
}

TEST_F(Wycheproof, X25519) {
  run_ecdh("x25519_test.json", nullptr);
}

}  // namespace
}  // namespace sealgate::hsm
