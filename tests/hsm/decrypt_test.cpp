// SPDX-License-Identifier: Apache-2.0
//
// Decrypting and deriving over the scripted module, in each way in which a token can do it: what
// comes out, and what an observer could see. Ciphertexts are OpenSSL's.
#include <algorithm>
#include <array>
#include <set>

#include "tests/hsm/fake_token_fixture.h"
#include "tests/support/openssl_sender.h"

namespace sealgate::hsm {
namespace {

using test_support::agree_with;
using test_support::Agreed;
using test_support::encrypt_block;
using test_support::encrypt_oaep;
using test_support::encrypt_pkcs1;

constexpr const char* kHideRawRsa = "hide 0x3";
constexpr const char* kHideOaep = "hide 0x9";
const Bytes kKey(32, 0x42);

class Decrypt : public FakeTokenTest {
 protected:
  void start_with(const std::string& script) {
    fake_pkcs11_apply(script.c_str());
    start(settings(1));
    ASSERT_TRUE(wait_until_ready());
  }

  KeyReport report_of(const std::string& label) const {
    for (KeyReport& key : dispatcher_->keys()) {
      if (key.label == label) return key;
    }
    return {};
  }

  KeyOperation decryption(const std::string& label, Mechanism mechanism, ByteView input,
                          std::uint8_t key_bytes = 32) const {
    KeyOperation operation = sign_operation(1, key_named(label));
    operation.action = KeyAction::DecryptKey;
    operation.mechanism = mechanism;
    operation.key_bytes = key_bytes;
    operation.input.assign(input);
    return operation;
  }

  KeyOperation derivation(const std::string& label, ByteView point) const {
    KeyOperation operation = sign_operation(1, key_named(label));
    operation.action = KeyAction::DeriveSecret;
    operation.mechanism = Mechanism::EcdhDerive;
    operation.input.assign(point);
    return operation;
  }

  KeyCompletion decrypt_pkcs1(ByteView input, std::uint8_t key_bytes = 32) {
    return run_one(decryption("rsa", Mechanism::RsaPkcs1Decrypt, input, key_bytes));
  }
};

// ---- PKCS#1 v1.5 ----

// RFC 8017, 7.2.1, with noise that has no zero.
Bytes pkcs1_block(std::size_t block_bytes, ByteView message) {
  Bytes block(block_bytes, 0x5a);
  block[0] = 0;
  block[1] = 2;
  block[block_bytes - message.size() - 1] = 0;
  copy_bytes(MutableBytes(block).last(message.size()), message);
  return block;
}

Bytes with_byte(Bytes block, std::size_t at, std::uint8_t value) {
  block[at] = value;
  return block;
}

struct Sample {
  const char* name;
  Bytes ciphertext;
};

// One of each way in which a v1.5 ciphertext can be wrong, after D. Bleichenbacher (CRYPTO 1998)
// and the classes that ROBOT (2018) and Marvin (2023) sent; and the right one at last.
std::vector<Sample> samples_for(ByteView public_key) {
  const Bytes modulus = test_support::rsa_modulus(public_key);
  const std::size_t size = modulus.size();
  const Bytes good = pkcs1_block(size, kKey);
  const std::size_t separator = size - kKey.size() - 1;
  const auto sent = [&](const Bytes& block) { return encrypt_block(public_key, block); };
  Bytes above = modulus;
  above.back() ^= 1U;  // The modulus is odd: so it is one less now.
  std::vector<Sample> samples = {
      {"first byte", sent(with_byte(good, 0, 1))},
      {"second byte", sent(with_byte(good, 1, 1))},
      {"second byte of a signature", sent(with_byte(good, 1, 0))},
      {"zero in the first eight", sent(with_byte(good, 5, 0))},
      {"zero further on", sent(with_byte(good, 100, 0))},
      {"zero just before", sent(with_byte(good, separator - 1, 0))},
      {"no zero at all", sent(with_byte(good, separator, 1))},
      {"a byte less", sent(pkcs1_block(size, Bytes(31, 1)))},
      {"a byte more", sent(pkcs1_block(size, Bytes(33, 1)))},
      {"no message", sent(pkcs1_block(size, {}))},
      {"as long as can be", sent(pkcs1_block(size, Bytes(size - 11, 1)))},
      {"all zero", sent(Bytes(size))},
      {"one", Bytes(with_byte(Bytes(size), size - 1, 1))},
      {"modulus less one", above},
      {"modulus", modulus},
      {"above the modulus", Bytes(size, 0xff)},
      {"short", Bytes(size - 1, 7)},
      {"long", Bytes(size + 1, 7)},
      {"longest", Bytes(kKeyInputBytesMax, 7)},
      {"empty", {}},
      {"noise", Bytes(size, 0x11)},
  };
  samples.push_back({"right", sent(good)});
  return samples;
}

constexpr std::array kCalls = {"C_DecryptInit", "C_Decrypt", "C_GetSessionInfo", "any"};

std::vector<std::uint64_t> calls_until_now() {
  std::vector<std::uint64_t> counts;
  for (const char* function : kCalls) counts.push_back(fake_pkcs11_calls(function));
  return counts;
}

class DecryptPkcs1 : public Decrypt, public testing::WithParamInterface<const char*> {};

// By raw RSA, by raw RSA that leaves out zeros, and by the token's own way.
INSTANTIATE_TEST_SUITE_P(Ways, DecryptPkcs1, testing::Values("", "drop-zeros", kHideRawRsa));

TEST_P(DecryptPkcs1, ShowsNoDifferenceBetweenRightAndWrong) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  std::set<std::vector<std::uint64_t>> costs;
  std::set<Bytes> keys;
  for (const Sample& sample : samples_for(report_of("rsa").public_key)) {
    const std::vector<std::uint64_t> before = calls_until_now();
    const KeyCompletion done = decrypt_pkcs1(sample.ciphertext);
    std::vector<std::uint64_t> cost = calls_until_now();
    for (std::size_t i = 0; i < cost.size(); ++i) cost[i] -= before[i];
    EXPECT_EQ(done.outcome, KeyOutcome::Done) << sample.name;
    EXPECT_EQ(done.output.size, 32U) << sample.name;
    EXPECT_EQ(done.detail, 0) << sample.name;
    EXPECT_EQ(cost[1], 1U) << sample.name;
    costs.insert(cost);
    const ByteView key = done.output.view();
    EXPECT_TRUE(keys.emplace(key.begin(), key.end()).second) << sample.name;
    const bool is_right = std::string_view(sample.name) == "right";
    EXPECT_EQ(equal_bytes(key, kKey), is_right) << sample.name;
    // The same again gives the same, as a real key does.
    EXPECT_TRUE(equal_bytes(decrypt_pkcs1(sample.ciphertext).output.view(), key)) << sample.name;
  }
  EXPECT_EQ(costs.size(), 1U);  // In calls of every function.
}

TEST_P(DecryptPkcs1, TakesKeysOfEveryLength) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const Bytes public_key = report_of("rsa").public_key;
  for (const std::size_t size : {1U, 16U, 24U, 32U, 64U}) {
    const Bytes key(size, 0x21);
    const KeyCompletion done =
        decrypt_pkcs1(encrypt_pkcs1(public_key, key), static_cast<std::uint8_t>(size));
    ASSERT_EQ(done.outcome, KeyOutcome::Done);
    EXPECT_TRUE(equal_bytes(done.output.view(), key)) << size;
  }
}

TEST_P(DecryptPkcs1, LeavesNothingBesideTheKeyInTheRecord) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const KeyCompletion done =
      decrypt_pkcs1(encrypt_pkcs1(report_of("rsa").public_key, Bytes(48, 0x21)));
  EXPECT_TRUE(std::all_of(done.output.bytes.begin() + 32, done.output.bytes.end(),
                          [](std::uint8_t byte) { return byte == 0; }));
}

TEST_P(DecryptPkcs1, MakesARefusalOfTheTokenASyntheticKey) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const Bytes ciphertext = encrypt_pkcs1(report_of("rsa").public_key, kKey);
  // General error, function failed, arguments bad, encrypted data invalid, data length, key
  // function not permitted, buffer too small, a vendor's.
  for (const char* rv : {"0x5", "0x6", "0x7", "0x40", "0x41", "0x68", "0x150", "0x80000001"}) {
    fake_pkcs11_apply((std::string("fault C_Decrypt 0 ") + rv).c_str());
    const KeyCompletion done = decrypt_pkcs1(ciphertext);
    EXPECT_EQ(done.outcome, KeyOutcome::Done) << rv;
    EXPECT_EQ(done.output.size, 32U) << rv;
    EXPECT_EQ(done.detail, 0) << rv;
    EXPECT_FALSE(equal_bytes(done.output.view(), kKey)) << rv;
  }
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(ciphertext).output.view(), kKey));
}

TEST_P(DecryptPkcs1, TellsALostTokenFromARefusal) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const Bytes ciphertext = encrypt_pkcs1(report_of("rsa").public_key, kKey);
  for (const char* faults :
       {"fault C_Decrypt 0 0x5; fault C_GetSessionInfo 0 0xb3", "fault C_Decrypt 0 0x32",
        "fault C_Decrypt 0 0x101", "fault C_Decrypt 0 0x31", "fault C_DecryptInit 0 0x5",
        "fault C_DecryptInit 0 0x30"}) {
    fake_pkcs11_apply(faults);
    const KeyCompletion done = decrypt_pkcs1(ciphertext);
    EXPECT_EQ(done.outcome, KeyOutcome::TokenUnavailable) << faults;
    EXPECT_EQ(done.output.size, 0U) << faults;
    ASSERT_TRUE(wait_until_ready()) << faults;
  }
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(ciphertext).output.view(), kKey));
}

TEST_F(Decrypt, FollowsATokenThatListsRawRsaAndRefusesIt) {
  start_with("key rsa rsa2048 decrypt; refuse 0x3");
  const Bytes public_key = report_of("rsa").public_key;
  const std::uint64_t before = fake_pkcs11_calls("any");
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(encrypt_pkcs1(public_key, kKey)).output.view(), kKey));
  EXPECT_EQ(fake_pkcs11_calls("any") - before, 3U);  // It was tried once, and not again.
}

TEST_F(Decrypt, TakesTheOtherWayWhereOneKeyIsNotAllowedTheFirst) {
  start_with("key rsa rsa2048 decrypt");
  const Bytes ciphertext = encrypt_pkcs1(report_of("rsa").public_key, kKey);
  fake_pkcs11_apply("fault C_DecryptInit 0 0x70");  // Mechanism invalid.
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(ciphertext).output.view(), kKey));
  fake_pkcs11_apply("fault C_DecryptInit 0 0x70 2");
  EXPECT_EQ(decrypt_pkcs1(ciphertext).outcome, KeyOutcome::KeyUnknown);
  // The parameters of the mechanism, not the input: the token has not seen one.
  fake_pkcs11_apply("fault C_DecryptInit 0 0x7 2");
  EXPECT_EQ(decrypt_pkcs1(ciphertext).outcome, KeyOutcome::KeyUnknown);
}

TEST_F(Decrypt, DoesNotTakeABusyTokenForOneThatCannot) {
  fake_pkcs11_apply("fault C_Decrypt 0 0x31");  // At the first trial.
  start_with("key rsa rsa2048 decrypt");
  const Bytes ciphertext = encrypt_pkcs1(report_of("rsa").public_key, kKey);
  const std::uint64_t before = fake_pkcs11_calls("any");
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(ciphertext).output.view(), kKey));
  EXPECT_EQ(fake_pkcs11_calls("any") - before, 2U);  // Raw RSA: nothing was asked besides.
}

TEST_F(Decrypt, DoesNotTryAKeyThatWantsALoginForEachUse) {
  start_with("key rsa rsa2048 decrypt+always; oaep-sha1-alone");
  EXPECT_EQ(fake_pkcs11_calls("C_DecryptInit"), 0U);
  const Bytes public_key = report_of("rsa").public_key;
  EXPECT_TRUE(equal_bytes(decrypt_pkcs1(encrypt_pkcs1(public_key, kKey)).output.view(), kKey));
  const Bytes oaep = encrypt_oaep(public_key, kKey, "SHA256", "SHA256");
  const KeyCompletion done = run_one(decryption("rsa", Mechanism::RsaOaepSha256Decrypt, oaep));
  EXPECT_TRUE(equal_bytes(done.output.view(), kKey));
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 3U);
}

// ---- OAEP ----

struct OaepCase {
  Mechanism mechanism;
  const char* digest;
  const char* mgf1;
};
constexpr std::array kOaep = {
    OaepCase{Mechanism::RsaOaepSha1Decrypt, "SHA1", "SHA1"},
    OaepCase{Mechanism::RsaOaepSha256Decrypt, "SHA256", "SHA256"},
    OaepCase{Mechanism::RsaOaepSha384Decrypt, "SHA384", "SHA384"},
    OaepCase{Mechanism::RsaOaepSha512Decrypt, "SHA512", "SHA512"},
    OaepCase{Mechanism::RsaOaepSha256Mgf1Sha1Decrypt, "SHA256", "SHA1"},
};

class DecryptOaep : public Decrypt, public testing::WithParamInterface<const char*> {};

// By the token's own, by raw RSA where it has SHA-1 alone or nothing, and by raw RSA without zeros.
INSTANTIATE_TEST_SUITE_P(Ways, DecryptOaep,
                         testing::Values("", "oaep-sha1-alone", kHideOaep, "hide 0x9; drop-zeros",
                                         kHideRawRsa));

TEST_P(DecryptOaep, FindsTheKeyOrNamesTheInputBad) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const Bytes public_key = report_of("rsa").public_key;
  for (const OaepCase& each : kOaep) {
    const Bytes ciphertext = encrypt_oaep(public_key, kKey, each.digest, each.mgf1);
    const KeyCompletion done = run_one(decryption("rsa", each.mechanism, ciphertext));
    ASSERT_EQ(done.outcome, KeyOutcome::Done) << each.digest << " " << each.mgf1;
    EXPECT_TRUE(equal_bytes(done.output.view(), kKey)) << each.digest << " " << each.mgf1;
    for (const OaepCase& other : kOaep) {
      if (other.mechanism == each.mechanism) continue;
      EXPECT_EQ(run_one(decryption("rsa", other.mechanism, ciphertext)).outcome,
                KeyOutcome::BadInput);
    }
  }
}

TEST_P(DecryptOaep, CostsOneDecryptionWhateverTheInput) {
  start_with(std::string("key rsa rsa2048 decrypt;") + GetParam());
  const Bytes public_key = report_of("rsa").public_key;
  const Bytes longer = encrypt_oaep(public_key, Bytes(33, 1), "SHA1", "SHA1");
  const Bytes shorter = encrypt_oaep(public_key, Bytes(31, 1), "SHA1", "SHA1");
  Bytes broken = encrypt_oaep(public_key, kKey, "SHA1", "SHA1");
  broken[17] ^= 4U;
  for (const Bytes& input : {longer, shorter, broken, encrypt_pkcs1(public_key, kKey),
                             Bytes(256, 0xff), Bytes(256), Bytes(255, 1), Bytes(257, 1), Bytes()}) {
    const std::uint64_t before = fake_pkcs11_calls("C_Decrypt");
    const KeyCompletion done = run_one(decryption("rsa", Mechanism::RsaOaepSha1Decrypt, input));
    EXPECT_EQ(done.outcome, KeyOutcome::BadInput);
    EXPECT_EQ(done.output.size, 0U);
    EXPECT_EQ(fake_pkcs11_calls("C_Decrypt") - before, 1U);
  }
}

TEST_F(Decrypt, KnowsNoOaepWhereTheTokenHasNoWay) {
  start_with("key rsa rsa2048 decrypt; hide 0x3; oaep-sha1-alone");
  const Bytes input = encrypt_oaep(report_of("rsa").public_key, kKey, "SHA256", "SHA256");
  EXPECT_EQ(run_one(decryption("rsa", Mechanism::RsaOaepSha256Decrypt, input)).outcome,
            KeyOutcome::KeyUnknown);
}

// ---- ECDH ----

class Derive : public Decrypt, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Points, Derive, testing::Values("", "wrapped-points"));

constexpr const char* kCurveKeys =
    "key p256 p256 derive; key p384 p384 derive; key p521 p521 derive; key x25519 x25519 derive;";

TEST_P(Derive, FindsTheSecretOfEveryCurve) {
  start_with(std::string(kCurveKeys) + GetParam());
  for (const char* label : {"p256", "p384", "p521", "x25519"}) {
    const Agreed agreed = agree_with(report_of(label).public_key);
    const KeyCompletion done = run_one(derivation(label, agreed.point));
    ASSERT_EQ(done.outcome, KeyOutcome::Done) << label << " " << done.detail;
    EXPECT_TRUE(equal_bytes(done.output.view(), agreed.secret)) << label;
  }
}

TEST_P(Derive, CostsOneDerivationForWhatIsNoPoint) {
  start_with(std::string(kCurveKeys) + GetParam());
  for (const char* label : {"p256", "p384", "p521", "x25519"}) {
    Bytes off_curve = agree_with(report_of(label).public_key).point;
    off_curve.back() ^= 1U;
    Bytes compressed(off_curve.begin(),
                     off_curve.begin() + static_cast<std::ptrdiff_t>(off_curve.size() / 2 + 1));
    compressed[0] = 2;
    std::vector<Bytes> inputs = {Bytes(), Bytes(31, 9), Bytes(33, 9), Bytes(kKeyInputBytesMax, 4),
                                 compressed};
    // With X25519 every 32 bytes are a key, but these agree on zero (RFC 7748, 6.1).
    inputs.push_back(std::string_view(label) == "x25519" ? Bytes(32) : off_curve);
    for (const Bytes& input : inputs) {
      const std::uint64_t before = fake_pkcs11_calls("C_DeriveKey");
      const KeyCompletion done = run_one(derivation(label, input));
      EXPECT_EQ(done.outcome, KeyOutcome::BadInput) << label << " " << input.size();
      EXPECT_EQ(done.output.size, 0U);
      EXPECT_EQ(fake_pkcs11_calls("C_DeriveKey") - before, 1U) << label << " " << input.size();
    }
  }
}

// ---- What is counted ----

TEST_F(Decrypt, CountsOperationsByTheirAction) {
  start_with("key one p256 sign; key rsa rsa2048 decrypt; key ec p256 derive");
  run_one(sign_operation(1, key_named("one")));
  decrypt_pkcs1(Bytes(256, 1));
  decrypt_pkcs1(Bytes());
  for (int i = 0; i < 3; ++i)
    run_one(derivation("ec", agree_with(report_of("ec").public_key).point));
  KeyOperation late = sign_operation(1, key_named("one"));
  late.deadline = monotonic_now() - std::chrono::seconds(1);
  run_one(late);
  const TokenCounters counters = status().counters;
  EXPECT_EQ(counters.operations_sign, 1U);
  EXPECT_EQ(counters.operations_decrypt, 2U);
  EXPECT_EQ(counters.operations_derive, 3U);
  EXPECT_EQ(counters.operations, 7U);
  EXPECT_EQ(counters.failures, 1U);  // The late one.
}

}  // namespace
}  // namespace sealgate::hsm
