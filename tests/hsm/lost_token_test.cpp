// SPDX-License-Identifier: Apache-2.0
//
// Tokens that go away and come back, and PINs that are refused.
#include "tests/hsm/fake_token_fixture.h"

namespace sealgate::hsm {
namespace {

constexpr std::int64_t kPinIncorrectRv = 0xA0;

class LostToken : public FakeTokenTest {};

TEST_F(LostToken, FailsItsOperationsAndIsUsedAgainWhenItIsBack) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(2));
  const KeyId key = key_named("one");
  EXPECT_EQ(run_one(sign_operation(1, key)).outcome, KeyOutcome::Done);
  fake_pkcs11_apply("remove C_SignInit 0; return 3");
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 20; ++tag) operations.push_back(sign_operation(tag, key));
  std::size_t lost = 0;
  for (const KeyCompletion& each : run(operations)) {
    lost += each.outcome == KeyOutcome::TokenUnavailable ? 1 : 0;
    EXPECT_TRUE(each.outcome == KeyOutcome::TokenUnavailable || each.outcome == KeyOutcome::Done);
  }
  EXPECT_GE(lost, 1U);
  ASSERT_TRUE(wait_until_ready());
  EXPECT_EQ(run_one(sign_operation(30, key)).outcome, KeyOutcome::Done);
  EXPECT_EQ(status().counters.recoveries, 1U);
  EXPECT_EQ(status().counters.logins, 2U);
}

TEST_F(LostToken, SaysWhyWhileItIsAway) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(1));
  const KeyId key = key_named("one");
  fake_pkcs11_apply("remove C_Sign 0");
  const KeyCompletion lost = run_one(sign_operation(1, key));
  EXPECT_EQ(lost.outcome, KeyOutcome::TokenUnavailable);
  EXPECT_EQ(lost.detail, 0x32);  // CKR_DEVICE_REMOVED.
  EXPECT_EQ(run_one(sign_operation(2, key)).outcome, KeyOutcome::TokenUnavailable);
  EXPECT_EQ(status().state, TokenState::Recovering);
  ASSERT_NE(status().error, nullptr);
  EXPECT_TRUE(dispatcher_->find_key("pkcs11:object=other").error().is(kTokenUnavailable));
}

TEST_F(LostToken, IsFoundThoughItWasAwayAtTheStart) {
  fake_pkcs11_apply("key one p256 sign; remove C_GetSlotList 0; return 6");
  start(settings(1));
  // Nobody has seen the token: it may hold any key.
  EXPECT_EQ(run_one(sign_operation(1, KeyId())).outcome, KeyOutcome::TokenUnavailable);
  ASSERT_TRUE(wait_until_ready());
  EXPECT_EQ(run_one(sign_operation(2, KeyId())).outcome, KeyOutcome::KeyUnknown);
  EXPECT_EQ(run_one(sign_operation(3, key_named("one"))).outcome, KeyOutcome::Done);
}

TEST_F(LostToken, IsLoggedInAgainWhenItForgotTheLogin) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(2));
  const KeyId key = key_named("one");
  fake_pkcs11_apply("forget-login");
  EXPECT_EQ(run_one(sign_operation(1, key)).outcome, KeyOutcome::TokenUnavailable);
  ASSERT_TRUE(wait_until_ready());
  EXPECT_EQ(run_one(sign_operation(2, key)).outcome, KeyOutcome::Done);
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 2U);
}

TEST_F(LostToken, GetsAWrongPinOnceAndNeverAgain) {
  fake_pkcs11_apply("key one p256 sign; pin 9999");
  start(settings(2));
  EXPECT_EQ(status().state, TokenState::Refused);
  ASSERT_NE(status().error, nullptr);
  EXPECT_EQ(status().error, &kPinIncorrect);
  EXPECT_EQ(status().detail, kPinIncorrectRv);
  for (std::uint64_t tag = 0; tag < 5; ++tag) {
    EXPECT_EQ(run_one(sign_operation(tag, KeyId())).outcome, KeyOutcome::TokenUnavailable);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // Many pauses of recovery.
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 1U);
}

// Each process that tries a wrong PIN takes one; three operators' commands would lock the token.
TEST_F(LostToken, IsNotLockedByProcessesThatEachTryAWrongPinOnce) {
  fake_pkcs11_apply("key one p256 sign; pin 9999");
  for (int i = 0; i < 5; ++i) {
    start(settings(1));
    EXPECT_EQ(status().state, TokenState::Refused);
    EXPECT_EQ(status().error, i < 2 ? &kPinIncorrect : &kPinFinalTry);
    dispatcher_.reset();
  }
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 2U);
}

// A PIN that was right before is not the one that others got wrong.
TEST_F(LostToken, IsUsedAgainThoughOthersLeftItOneTry) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(1));
  const KeyId key = key_named("one");
  fake_pkcs11_apply("wrong-pins 2; forget-login");
  EXPECT_EQ(run_one(sign_operation(1, key)).outcome, KeyOutcome::TokenUnavailable);
  ASSERT_TRUE(wait_until_ready());
  EXPECT_EQ(run_one(sign_operation(2, key)).outcome, KeyOutcome::Done);
}

TEST_F(LostToken, IsNotTriedWithAPinThatWasChangedMeanwhile) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(2));
  const KeyId key = key_named("one");
  fake_pkcs11_apply("pin 9999; forget-login");
  EXPECT_EQ(run_one(sign_operation(1, key)).outcome, KeyOutcome::TokenUnavailable);
  const TimePoint give_up = monotonic_now() + std::chrono::seconds(30);
  while (status().state != TokenState::Refused && monotonic_now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(status().error, &kPinIncorrect);
  EXPECT_EQ(run_one(sign_operation(2, key)).outcome, KeyOutcome::TokenUnavailable);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 2U);
}

TEST_F(LostToken, CostsOneTryWhenManyLanesUseAKeyThatWantsThePin) {
  fake_pkcs11_apply("key one p256 sign+always");
  start(settings(4));
  const KeyId key = key_named("one");
  fake_pkcs11_apply("pin 9999");
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 20; ++tag) operations.push_back(sign_operation(tag, key));
  for (const KeyCompletion& each : run(operations)) {
    EXPECT_EQ(each.outcome, KeyOutcome::TokenUnavailable);
  }
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 2U);  // The first login, and one wrong try.
}

TEST_F(LostToken, TellsALockedAndAnExpiredPinApart) {
  fake_pkcs11_apply("fault C_Login 0 0xA4");
  start(settings(1));
  EXPECT_EQ(status().error, &kPinLocked);
  fake_pkcs11_reset();
  fake_pkcs11_apply("fault C_Login 0 0xA3");
  start(settings(1));
  EXPECT_EQ(status().error, &kPinExpired);
  fake_pkcs11_reset();
  fake_pkcs11_apply("fault C_Login 0 0x102");
  start(settings(1));
  EXPECT_EQ(status().error, &kPinNotInitialized);
}

TEST_F(LostToken, WorksWithFewerSessionsThanLanes) {
  fake_pkcs11_apply("key one p256 sign; sessions 3");
  start(settings(4));
  EXPECT_EQ(status().lanes, 2U);  // One session is the management's.
  EXPECT_EQ(run_one(sign_operation(1, key_named("one"))).outcome, KeyOutcome::Done);
}

TEST_F(LostToken, SaysSoWhenNoSessionIsLeft) {
  fake_pkcs11_apply("key one p256 sign; sessions 1");
  start(settings(1));
  EXPECT_EQ(status().error, &kTokenSessionsExhausted);
}

TEST_F(LostToken, IsReplacedByAnotherThatHoldsTheKey) {
  // Two configured tokens that are one and the same would share sessions, so the second is away.
  fake_pkcs11_apply("key one p256 sign");
  DispatcherSettings chosen = settings(1);
  chosen.tokens.insert(chosen.tokens.begin(), chosen.tokens.front());
  chosen.tokens.front().uri = "pkcs11:token=elsewhere";
  start(chosen);
  EXPECT_EQ(dispatcher_->status()[0].error, &kTokenNotFound);
  EXPECT_EQ(run_one(sign_operation(1, key_named("one"))).outcome, KeyOutcome::Done);
  // The token that was never seen may hold this key.
  EXPECT_EQ(run_one(sign_operation(2, KeyId())).outcome, KeyOutcome::TokenUnavailable);
}

}  // namespace
}  // namespace sealgate::hsm
