// SPDX-License-Identifier: Apache-2.0
//
// Fault loops: the n-th call of the library fails with each CK_RV, for n = 0, 1, 2 ... until a
// run passes untouched. Whatever fails, each operation completes exactly once, with an outcome
// that does not blame the message for the token, and afterwards the token works again.
#include <array>

#include "tests/hsm/fake_token_fixture.h"
#include "tests/support/openssl_sender.h"

namespace sealgate::hsm {
namespace {

// One of each class in the table, and one that no table has.
constexpr std::array kFailures = {
    0x00000005UL,  // CKR_GENERAL_ERROR
    0x00000006UL,  // CKR_FUNCTION_FAILED
    0x00000030UL,  // CKR_DEVICE_ERROR
    0x00000031UL,  // CKR_DEVICE_MEMORY
    0x00000032UL,  // CKR_DEVICE_REMOVED
    0x00000002UL,  // CKR_HOST_MEMORY
    0x00000060UL,  // CKR_KEY_HANDLE_INVALID
    0x00000090UL,  // CKR_OPERATION_ACTIVE
    0x000000B1UL,  // CKR_SESSION_COUNT
    0x000000B3UL,  // CKR_SESSION_HANDLE_INVALID
    0x000000E0UL,  // CKR_TOKEN_NOT_PRESENT
    0x00000101UL,  // CKR_USER_NOT_LOGGED_IN
    0x00000190UL,  // CKR_CRYPTOKI_NOT_INITIALIZED
    0x80000001UL,  // A vendor's.
};

class FaultLoop : public FakeTokenTest {
 protected:
  // One whole life: start, some operations, end. True if the fault was not reached.
  bool passes_untouched(std::uint64_t nth, unsigned long rv) {
    fake_pkcs11_reset();
    fake_pkcs11_apply("key one p256 sign");
    fake_pkcs11_apply(("fault any " + std::to_string(nth) + " " + std::to_string(rv)).c_str());
    start(settings(2));
    EXPECT_TRUE(wait_until_ready()) << "fault at call " << nth << " with " << std::hex << rv;
    if (HasFailure()) return true;
    const KeyId key = key_named("one");
    std::vector<KeyOperation> operations;
    for (std::uint64_t tag = 0; tag < 6; ++tag) operations.push_back(sign_operation(tag, key));
    for (const KeyCompletion& each : run(operations)) {
      // A digest is never bad, whatever the token says.
      EXPECT_NE(each.outcome, KeyOutcome::BadInput) << "call " << nth << " rv " << std::hex << rv;
    }
    const std::uint64_t calls = fake_pkcs11_calls("any");
    queue_.reset();
    dispatcher_.reset();
    return calls <= nth;
  }
};

TEST_F(FaultLoop, EveryCallMayFailWithEveryCode) {
  for (const unsigned long rv : kFailures) {
    std::uint64_t nth = 0;
    while (!passes_untouched(nth, rv)) {
      ASSERT_FALSE(HasFailure());
      ASSERT_LT(++nth, 1000U);
    }
    ASSERT_FALSE(HasFailure());
    EXPECT_GT(nth, 30U);  // The loop really went through start-up and operations.
  }
}

// One of each class, for the longer life of a token that decrypts.
constexpr std::array kFailuresOfDecryption = {
    0x00000005UL,  // CKR_GENERAL_ERROR
    0x00000031UL,  // CKR_DEVICE_MEMORY
    0x00000032UL,  // CKR_DEVICE_REMOVED
    0x00000040UL,  // CKR_ENCRYPTED_DATA_INVALID
    0x000000B3UL,  // CKR_SESSION_HANDLE_INVALID
};

class DecryptionFaultLoop : public FakeTokenTest {
 protected:
  KeyOperation decryption(ByteView ciphertext) const {
    KeyOperation operation = sign_operation(0, key_named("rsa"));
    operation.action = KeyAction::DecryptKey;
    operation.mechanism = Mechanism::RsaPkcs1Decrypt;
    operation.key_bytes = 32;
    operation.input.assign(ciphertext);
    return operation;
  }

  KeyOperation derivation(ByteView point) const {
    KeyOperation operation = sign_operation(1, key_named("ec"));
    operation.action = KeyAction::DeriveSecret;
    operation.mechanism = Mechanism::EcdhDerive;
    operation.input.assign(point);
    return operation;
  }

  bool passes_untouched(std::uint64_t nth, unsigned long rv) {
    fake_pkcs11_reset();
    fake_pkcs11_apply("key rsa rsa2048 decrypt; key ec p256 derive");
    fake_pkcs11_apply(("fault any " + std::to_string(nth) + " " + std::to_string(rv)).c_str());
    start(settings(1));
    EXPECT_TRUE(wait_until_ready()) << "fault at call " << nth << " with " << std::hex << rv;
    if (HasFailure()) return true;
    const Bytes key(32, 0x33);
    Bytes rsa;
    Bytes ec;
    for (const KeyReport& each : dispatcher_->keys()) {
      (each.label == "rsa" ? rsa : ec) = each.public_key;
    }
    const Bytes ciphertext = test_support::encrypt_pkcs1(rsa, key);
    const test_support::Agreed agreed = test_support::agree_with(ec);
    const KeyCompletion first = run_one(decryption(ciphertext));
    // A refusal of the token may cost this one its key, but is never told.
    EXPECT_NE(first.outcome, KeyOutcome::BadInput) << "call " << nth << " rv " << std::hex << rv;
    EXPECT_EQ(first.output.size, first.outcome == KeyOutcome::Done ? 32U : 0U);
    run_one(derivation(agreed.point));
    const std::uint64_t calls = fake_pkcs11_calls("any");
    EXPECT_TRUE(wait_until_ready());
    run_one(decryption(ciphertext));  // Whatever of the fault is left.
    EXPECT_TRUE(wait_until_ready());
    EXPECT_TRUE(equal_bytes(run_one(decryption(ciphertext)).output.view(), key)) << nth;
    EXPECT_TRUE(equal_bytes(run_one(derivation(agreed.point)).output.view(), agreed.secret)) << nth;
    queue_.reset();
    dispatcher_.reset();
    return calls <= nth;
  }
};

TEST_F(DecryptionFaultLoop, EveryCallMayFailAndNoInputIsBlamed) {
  for (const unsigned long rv : kFailuresOfDecryption) {
    std::uint64_t nth = 0;
    while (!passes_untouched(nth, rv)) {
      ASSERT_FALSE(HasFailure());
      ASSERT_LT(++nth, 1000U);
    }
    ASSERT_FALSE(HasFailure());
    EXPECT_GT(nth, 50U);  // Through the trials of each way too.
  }
}

TEST_F(FaultLoop, ATokenThatDiesAtAnyCallComesBack) {
  for (std::uint64_t nth = 0; nth < 60; ++nth) {
    fake_pkcs11_reset();
    fake_pkcs11_apply("key one p256 sign; return 1");
    fake_pkcs11_apply(("remove any " + std::to_string(nth)).c_str());
    start(settings(2));
    ASSERT_TRUE(wait_until_ready()) << "removed at call " << nth;
    const KeyId key = key_named("one");
    std::vector<KeyOperation> operations;
    for (std::uint64_t tag = 0; tag < 6; ++tag) operations.push_back(sign_operation(tag, key));
    for (const KeyCompletion& each : run(operations)) {
      EXPECT_NE(each.outcome, KeyOutcome::BadInput);
      EXPECT_NE(each.outcome, KeyOutcome::KeyUnknown) << "removed at call " << nth;
    }
    // The last calls of the run are these: so one of them may meet the removal.
    KeyCompletion last = run_one(sign_operation(98, key));
    ASSERT_TRUE(wait_until_ready());
    if (last.outcome != KeyOutcome::Done) last = run_one(sign_operation(99, key));
    ASSERT_EQ(last.outcome, KeyOutcome::Done) << "removed at call " << nth;
    queue_.reset();
    dispatcher_.reset();
  }
}

}  // namespace
}  // namespace sealgate::hsm
