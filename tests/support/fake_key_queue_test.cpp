// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_key_queue.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/buffer.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace sealgate::test_support {
namespace {

using hsm::KeyAction;
using hsm::KeyAlgorithm;
using hsm::KeyOutcome;
using hsm::Mechanism;

constexpr TimePoint kLater{std::chrono::seconds(10)};

hsm::KeyOperation operation(std::uint64_t tag, const hsm::KeyId& key, Mechanism mechanism,
                            ByteView input) {
  hsm::KeyOperation made;
  made.tag = {tag};
  made.key = key;
  made.mechanism = mechanism;
  made.deadline = kLater;
  made.input.assign(input);
  return made;
}

const Bytes kDigest(32, 0x5a);

TEST(FakeKeyQueue, SignsSoThatThePublicKeyVerifies) {
  FakeKeyQueue queue;
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P256);
  EXPECT_EQ(queue.submit(std::array{operation(7, key, Mechanism::EcdsaSha256, kDigest)}), 1U);
  const auto done = queue.poll();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].tag.value, 7U);
  ASSERT_EQ(done[0].outcome, KeyOutcome::Done);

  const Bytes spki = queue.public_key(key);
  const std::uint8_t* der = spki.data();
  EVP_PKEY* const pkey = d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()));
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(pkey, nullptr);
  ASSERT_EQ(EVP_PKEY_verify_init(context), 1);
  EXPECT_EQ(EVP_PKEY_verify(context, done[0].output.bytes.data(), done[0].output.size,
                            kDigest.data(), kDigest.size()),
            1);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(pkey);
}

TEST(FakeKeyQueue, SignsWithEveryRsaSchemeAndEd25519) {
  FakeKeyQueue queue;
  const hsm::KeyId rsa = queue.generate_key(KeyAlgorithm::Rsa2048);
  const hsm::KeyId edwards = queue.generate_key(KeyAlgorithm::Ed25519);
  const Bytes longest(64, 1);
  queue.submit(std::array{operation(0, rsa, Mechanism::RsaPkcs1Sha256, kDigest),
                          operation(1, rsa, Mechanism::RsaPssSha512, longest),
                          operation(2, edwards, Mechanism::Ed25519, longest),
                          operation(3, rsa, Mechanism::RsaPkcs1Sha512, kDigest),
                          operation(4, edwards, Mechanism::RsaPkcs1Sha256, kDigest)});
  const auto done = queue.poll();
  ASSERT_EQ(done.size(), 5U);
  EXPECT_EQ(done[0].output.size, 256U);
  EXPECT_EQ(done[1].output.size, 256U);
  EXPECT_EQ(done[2].output.size, 64U);
  EXPECT_EQ(done[3].outcome, KeyOutcome::BadInput);    // A digest of the wrong size.
  EXPECT_EQ(done[4].outcome, KeyOutcome::KeyUnknown);  // A key of another type.
}

TEST(FakeKeyQueue, CompletesAfterTheLatencyAndNotBefore) {
  FakeKeyQueue queue;
  queue.set_latency_polls(2);
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P256);
  queue.submit(std::array{operation(1, key, Mechanism::EcdsaSha256, kDigest)});
  EXPECT_TRUE(queue.poll().empty());
  EXPECT_TRUE(queue.poll().empty());
  EXPECT_EQ(queue.in_flight(), 1U);
  EXPECT_EQ(queue.poll().size(), 1U);
  EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(FakeKeyQueue, TakesNoMoreThanItsCapacity) {
  FakeKeyQueue queue;
  queue.set_capacity(2);
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P256);
  const auto one = operation(1, key, Mechanism::EcdsaSha256, kDigest);
  EXPECT_EQ(queue.submit(std::array{one, one, one}), 2U);
  EXPECT_EQ(queue.submit(std::array{one}), 0U);
  EXPECT_EQ(queue.operations().size(), 2U);
  queue.poll();
  EXPECT_EQ(queue.submit(std::array{one}), 1U);
}

TEST(FakeKeyQueue, FailsWhereTheScriptSaysSo) {
  FakeKeyQueue queue;
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P256);
  const auto one = operation(1, key, Mechanism::EcdsaSha256, kDigest);
  queue.fail_operation(1, KeyOutcome::TokenUnavailable, 0x32);
  queue.submit(std::array{one, one, one});
  const auto done = queue.poll();
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[0].outcome, KeyOutcome::Done);
  EXPECT_EQ(done[1].outcome, KeyOutcome::TokenUnavailable);
  EXPECT_EQ(done[1].detail, 0x32);
  EXPECT_EQ(done[2].outcome, KeyOutcome::Done);
}

TEST(FakeKeyQueue, KnowsDeadlinesLostTokensAndUnknownKeys) {
  FakeKeyQueue queue;
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P256);
  const auto one = operation(1, key, Mechanism::EcdsaSha256, kDigest);
  queue.set_token_away(true);
  queue.submit(std::array{one});
  EXPECT_EQ(queue.poll()[0].outcome, KeyOutcome::TokenUnavailable);
  queue.set_token_away(false);
  queue.set_now(kLater);
  queue.submit(std::array{one});
  EXPECT_EQ(queue.poll()[0].outcome, KeyOutcome::Done);
  queue.set_now(kLater + Duration(1));
  queue.submit(std::array{one});
  EXPECT_EQ(queue.poll()[0].outcome, KeyOutcome::DeadlinePassed);
  queue.set_now({});
  queue.remove_key(key);
  queue.submit(std::array{one});
  EXPECT_EQ(queue.poll()[0].outcome, KeyOutcome::KeyUnknown);
}

TEST(FakeKeyQueue, ReadsBackItsOwnPem) {
  FakeKeyQueue queue;
  const hsm::KeyId key = queue.generate_key(KeyAlgorithm::P384);
  FakeKeyQueue other;
  EXPECT_EQ(other.add_key_pem(queue.private_key_pem(key)), key);
}

// By OpenSSL alone: what a sender does.
Bytes encrypt(const Bytes& spki, ByteView plain, const EVP_MD* oaep, const EVP_MD* mgf1) {
  const std::uint8_t* der = spki.data();
  EVP_PKEY* const pkey = d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()));
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(pkey, nullptr);
  EXPECT_EQ(EVP_PKEY_encrypt_init(context), 1);
  if (oaep != nullptr) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_oaep_md(context, oaep), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(context, mgf1), 1);
  }
  Bytes wrapped(256);
  std::size_t size = wrapped.size();
  EXPECT_EQ(EVP_PKEY_encrypt(context, wrapped.data(), &size, plain.data(), plain.size()), 1);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(pkey);
  return wrapped;
}

hsm::KeyCompletion run_decryption(FakeKeyQueue& queue, const hsm::KeyId& key, Mechanism mechanism,
                                  ByteView input, std::uint8_t key_bytes) {
  hsm::KeyOperation made = operation(1, key, mechanism, input);
  made.action = KeyAction::DecryptKey;
  made.key_bytes = key_bytes;
  EXPECT_EQ(queue.submit({&made, 1}), 1U);
  const auto done = queue.poll();
  EXPECT_EQ(done.size(), 1U);
  return done.empty() ? hsm::KeyCompletion() : done.front();
}

TEST(FakeKeyQueue, DecryptsOaepOrNamesTheInputBad) {
  FakeKeyQueue queue;
  const hsm::KeyId rsa = queue.generate_key(KeyAlgorithm::Rsa2048);
  struct Case {
    Mechanism mechanism;
    const EVP_MD* digest;
    const EVP_MD* mgf1;
  };
  const std::array cases = {
      Case{Mechanism::RsaOaepSha1Decrypt, EVP_sha1(), EVP_sha1()},
      Case{Mechanism::RsaOaepSha256Decrypt, EVP_sha256(), EVP_sha256()},
      Case{Mechanism::RsaOaepSha384Decrypt, EVP_sha384(), EVP_sha384()},
      Case{Mechanism::RsaOaepSha512Decrypt, EVP_sha512(), EVP_sha512()},
      Case{Mechanism::RsaOaepSha256Mgf1Sha1Decrypt, EVP_sha256(), EVP_sha1()},
  };
  for (const Case& each : cases) {
    const Bytes wrapped = encrypt(queue.public_key(rsa), kDigest, each.digest, each.mgf1);
    const auto done = run_decryption(queue, rsa, each.mechanism, wrapped, 32);
    ASSERT_EQ(done.outcome, KeyOutcome::Done);
    EXPECT_TRUE(equal_bytes(done.output.view(), kDigest));
    EXPECT_EQ(run_decryption(queue, rsa, each.mechanism, wrapped, 16).outcome,
              KeyOutcome::BadInput);
    const auto other = each.mechanism == Mechanism::RsaOaepSha1Decrypt
                           ? Mechanism::RsaOaepSha512Decrypt
                           : Mechanism::RsaOaepSha1Decrypt;
    EXPECT_EQ(run_decryption(queue, rsa, other, wrapped, 32).outcome, KeyOutcome::BadInput);
  }
}

TEST(FakeKeyQueue, RejectsImplicitlyWithPkcs1) {
  FakeKeyQueue queue;
  const hsm::KeyId rsa = queue.generate_key(KeyAlgorithm::Rsa2048);
  const Bytes wrapped = encrypt(queue.public_key(rsa), kDigest, nullptr, nullptr);
  const auto good = run_decryption(queue, rsa, Mechanism::RsaPkcs1Decrypt, wrapped, 32);
  ASSERT_EQ(good.outcome, KeyOutcome::Done);
  EXPECT_TRUE(equal_bytes(good.output.view(), kDigest));

  Bytes broken = wrapped;
  broken[100] ^= 1U;
  for (const Bytes& input : {broken, Bytes(256, 0xff), Bytes(255, 1), Bytes()}) {
    const auto bad = run_decryption(queue, rsa, Mechanism::RsaPkcs1Decrypt, input, 32);
    ASSERT_EQ(bad.outcome, KeyOutcome::Done);
    EXPECT_EQ(bad.output.size, 32U);
    EXPECT_FALSE(equal_bytes(bad.output.view(), kDigest));
    const auto again = run_decryption(queue, rsa, Mechanism::RsaPkcs1Decrypt, input, 32);
    EXPECT_TRUE(equal_bytes(again.output.view(), bad.output.view()));
  }
  // A key of another length than the cipher needs is no key.
  const auto shorter = run_decryption(queue, rsa, Mechanism::RsaPkcs1Decrypt, wrapped, 16);
  EXPECT_EQ(shorter.outcome, KeyOutcome::Done);
  EXPECT_EQ(shorter.output.size, 16U);
}

// A fresh key pair of the peer's: its PEM for the queue, and its point.
struct Agreeing {
  std::string pem;
  Bytes point;
};

Agreeing agreeing_key(const char* type, const char* curve) {
  EVP_PKEY* const pkey = curve == nullptr ? EVP_PKEY_Q_keygen(nullptr, nullptr, type)
                                          : EVP_PKEY_Q_keygen(nullptr, nullptr, type, curve);
  BIO* const bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr), 1);
  BUF_MEM* memory = nullptr;
  BIO_get_mem_ptr(bio, &memory);
  Agreeing made{.pem = {memory->data, memory->length}, .point = {}};
  std::uint8_t* point = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(pkey, &point);
  made.point.assign(point, point + size);
  OPENSSL_free(point);
  BIO_free(bio);
  EVP_PKEY_free(pkey);
  return made;
}

TEST(FakeKeyQueue, AgreesFromBothSides) {
  struct Case {
    const char* type;
    const char* curve;
    std::size_t secret_bytes;
  };
  const std::array cases = {Case{"EC", "P-256", 32}, Case{"EC", "P-384", 48},
                            Case{"EC", "P-521", 66}, Case{"X25519", nullptr, 32}};
  for (const Case& each : cases) {
    FakeKeyQueue queue;
    const Agreeing one = agreeing_key(each.type, each.curve);
    const Agreeing two = agreeing_key(each.type, each.curve);
    auto ours = operation(1, queue.add_key_pem(one.pem), Mechanism::EcdhDerive, two.point);
    auto theirs = operation(2, queue.add_key_pem(two.pem), Mechanism::EcdhDerive, one.point);
    auto wrong = operation(3, ours.key, Mechanism::EcdhDerive, Bytes(one.point.size()));
    ours.action = theirs.action = wrong.action = KeyAction::DeriveSecret;
    queue.submit(std::array{ours, theirs, wrong});
    const auto done = queue.poll();
    ASSERT_EQ(done.size(), 3U);
    ASSERT_EQ(done[0].outcome, KeyOutcome::Done) << each.type;
    EXPECT_EQ(done[0].output.size, each.secret_bytes);
    EXPECT_TRUE(equal_bytes(done[0].output.view(), done[1].output.view()));
    EXPECT_EQ(done[2].outcome, KeyOutcome::BadInput);  // No point, or one of small order.
  }
}

}  // namespace
}  // namespace sealgate::test_support
