// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_key_queue.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/evp.h>
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

TEST(FakeKeyQueue, DecryptsAndDerives) {
  FakeKeyQueue queue;
  const hsm::KeyId rsa = queue.generate_key(KeyAlgorithm::Rsa2048);
  const hsm::KeyId curve = queue.generate_key(KeyAlgorithm::P256);

  const Bytes spki = queue.public_key(rsa);
  const std::uint8_t* der = spki.data();
  EVP_PKEY* const pkey = d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()));
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(pkey, nullptr);
  ASSERT_EQ(EVP_PKEY_encrypt_init(context), 1);
  Bytes wrapped(256);
  std::size_t size = wrapped.size();
  ASSERT_EQ(EVP_PKEY_encrypt(context, wrapped.data(), &size, kDigest.data(), kDigest.size()), 1);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(pkey);

  auto unwrap = operation(1, rsa, Mechanism::RsaPkcs1Decrypt, wrapped);
  unwrap.action = KeyAction::DecryptKey;
  // A key agrees with itself: the last 65 bytes of a P-256 SubjectPublicKeyInfo are its point.
  const Bytes own = queue.public_key(curve);
  auto derive = operation(2, curve, Mechanism::EcdhDerive, ByteView(own).last(65));
  derive.action = KeyAction::DeriveSecret;
  queue.submit(std::array{unwrap, derive});
  const auto done = queue.poll();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_TRUE(equal_bytes(done[0].output.view(), kDigest));
  EXPECT_EQ(done[1].outcome, KeyOutcome::Done);
  EXPECT_EQ(done[1].output.size, 32U);
}

}  // namespace
}  // namespace sealgate::test_support
