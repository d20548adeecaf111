// SPDX-License-Identifier: Apache-2.0
//
// Queues, priorities, deadlines and limits, over the scripted module.
#include <array>
#include <atomic>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>

#include "tests/hsm/fake_token_fixture.h"

namespace sealgate::hsm {
namespace {

class Queue : public FakeTokenTest {};

TEST_F(Queue, SignsAndCompletesEachOperationOnce) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(2));
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 300; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
  }
  for (const KeyCompletion& each : run(operations)) {
    EXPECT_EQ(each.outcome, KeyOutcome::Done);
    EXPECT_GT(each.output.size, 60U);
  }
  EXPECT_EQ(status().counters.operations, 300U);
  EXPECT_EQ(status().counters.failures, 0U);
  EXPECT_EQ(status().counters.queue_depth, 0U);
  EXPECT_EQ(status().lanes, 2U);
}

TEST_F(Queue, CallsTheTokenTwiceForASignatureAndOpensNothing) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(1));
  const std::uint64_t before = fake_pkcs11_calls("any");
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 50; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
  }
  run(operations);
  EXPECT_EQ(fake_pkcs11_calls("any") - before, 100U);
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 1U);
}

TEST_F(Queue, PushesBackWhenFullAndTakesMoreAfterwards) {
  fake_pkcs11_apply("key one p256 sign; latency 1000");
  start(settings(1));
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < Dispatcher::kQueueOperationsMax + 5; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
    operations.back().deadline = monotonic_now() + std::chrono::milliseconds(20);
  }
  EXPECT_EQ(queue_->submit(operations), Dispatcher::kQueueOperationsMax);
  EXPECT_EQ(queue_->submit(std::span(operations).last(5)), 0U);
  std::size_t done = 0;
  while (done < Dispatcher::kQueueOperationsMax) done += queue_->poll().size();
  EXPECT_EQ(queue_->submit(std::span(operations).last(5)), 5U);
  while (done < operations.size()) done += queue_->poll().size();
}

TEST_F(Queue, DoesNotTouchTheTokenForAPassedDeadline) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(1));
  KeyOperation late = sign_operation(1, key_named("one"));
  late.deadline = monotonic_now() - std::chrono::seconds(1);
  const std::uint64_t before = fake_pkcs11_calls("any");
  EXPECT_EQ(run_one(late).outcome, KeyOutcome::DeadlinePassed);
  EXPECT_EQ(fake_pkcs11_calls("any"), before);
  EXPECT_EQ(status().counters.deadlines_passed, 1U);
}

TEST_F(Queue, CompletesADeadlineThatPassesWhileEveryLaneIsBusy) {
  fake_pkcs11_apply("key one p256 sign; latency 200000");
  start(settings(1));
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 10; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
    operations.back().deadline = monotonic_now() + std::chrono::milliseconds(50);
  }
  std::size_t late = 0;
  for (const KeyCompletion& each : run(operations)) {
    late += each.outcome == KeyOutcome::DeadlinePassed ? 1 : 0;
  }
  EXPECT_EQ(late, 9U);  // The first one ran; the others waited behind it.
  EXPECT_LT(fake_pkcs11_calls("C_Sign"), 3U);
}

TEST_F(Queue, RunsUrgentOperationsFirst) {
  fake_pkcs11_apply("key one p256 sign; latency 5000");
  start(settings(1));
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 60; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
    operations.back().priority = tag < 55 ? Priority::Management : Priority::Handshake;
  }
  std::size_t place = 0;
  std::size_t last_urgent = 0;
  for (const KeyCompletion& each : run(operations)) {
    if (each.tag.value >= 55) last_urgent = place;
    ++place;
  }
  // Those a lane had in hand went before; the rest of the fifty did not.
  EXPECT_LT(last_urgent, 5U + 2 * 4U + 8U);
}

TEST_F(Queue, NamesAKeyThatNobodyHoldsOrThatMayNotSign) {
  fake_pkcs11_apply("key one p256 derive; key two rsa2048 decrypt");
  start(settings(1));
  const std::uint64_t before = fake_pkcs11_calls("any");
  EXPECT_EQ(run_one(sign_operation(1, KeyId())).outcome, KeyOutcome::KeyUnknown);
  EXPECT_EQ(run_one(sign_operation(2, key_named("one"))).outcome, KeyOutcome::KeyUnknown);
  EXPECT_EQ(run_one(sign_operation(3, key_named("two"))).outcome, KeyOutcome::KeyUnknown);
  EXPECT_EQ(fake_pkcs11_calls("any"), before);
}

TEST_F(Queue, RefusesInputOfTheWrongSizeWithoutTheToken) {
  fake_pkcs11_apply("key one p256 sign");
  start(settings(1));
  KeyOperation operation = sign_operation(1, key_named("one"));
  operation.input.assign(Bytes(31, 1));
  const std::uint64_t before = fake_pkcs11_calls("any");
  EXPECT_EQ(run_one(operation).outcome, KeyOutcome::BadInput);
  EXPECT_EQ(fake_pkcs11_calls("any"), before);
}

TEST_F(Queue, NeverHandsOutAWrongSignature) {
  fake_pkcs11_apply("key one p256 sign; wrong 1");
  start(settings(1));
  EXPECT_EQ(run_one(sign_operation(1, key_named("one"))).outcome, KeyOutcome::Done);
  const KeyCompletion wrong = run_one(sign_operation(2, key_named("one")));
  EXPECT_EQ(wrong.outcome, KeyOutcome::TokenUnavailable);
  EXPECT_EQ(wrong.output.size, 0U);
  EXPECT_EQ(run_one(sign_operation(3, key_named("one"))).outcome, KeyOutcome::Done);
  EXPECT_EQ(status().counters.verify_failures, 1U);
}

TEST_F(Queue, WakesTheShardOnceForABurst) {
  fake_pkcs11_apply("key one p256 sign");
  const int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  {
    Result<std::unique_ptr<Dispatcher>> made = Dispatcher::create(settings(2));
    ASSERT_TRUE(made);
    dispatcher_ = std::move(made).value();
    queue_ = dispatcher_->create_queue(descriptor);
    dispatcher_->start();
    std::vector<KeyOperation> operations;
    for (std::uint64_t tag = 0; tag < 64; ++tag) {
      operations.push_back(sign_operation(tag, key_named("one")));
    }
    ASSERT_EQ(queue_->submit(operations), 64U);
    pollfd wait{descriptor, POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 30000), 1);
    while (status().counters.operations < 64) std::this_thread::yield();
    std::uint64_t rings = 0;
    ASSERT_EQ(read(descriptor, &rings, sizeof rings), 8);
    EXPECT_EQ(rings, 1U);  // 64 completions, no poll in between, one write.
    std::size_t done = 0;
    while (done < 64) done += queue_->poll().size();
    dispatcher_.reset();
  }
  close(descriptor);
}

TEST_F(Queue, ServesSeveralShardsAtOnce) {
  fake_pkcs11_apply("key one p256 sign; key two p384 sign");
  Result<std::unique_ptr<Dispatcher>> made = Dispatcher::create(settings(3));
  ASSERT_TRUE(made);
  dispatcher_ = std::move(made).value();
  constexpr std::size_t kShards = 3;
  constexpr std::uint64_t kOperations = 400;
  std::vector<std::unique_ptr<KeyQueue>> queues;
  for (std::size_t i = 0; i < kShards; ++i) queues.push_back(dispatcher_->create_queue(-1));
  dispatcher_->start();
  const std::array keys = {key_named("one"), key_named("two")};
  std::array<std::set<std::uint64_t>, kShards> seen;
  std::atomic<std::uint64_t> failed{0};
  std::vector<std::thread> shards;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    shards.emplace_back([&, shard] {
      std::uint64_t next = 0;
      while (seen[shard].size() < kOperations) {
        if (next < kOperations) {
          KeyOperation operation = sign_operation(next, keys[next % 2]);
          if (next % 2 == 1) {
            operation.mechanism = Mechanism::EcdsaSha384;
            operation.input.assign(Bytes(48, 7));
          }
          next += queues[shard]->submit({&operation, 1});
        }
        for (const KeyCompletion& each : queues[shard]->poll()) {
          seen[shard].insert(each.tag.value);
          if (each.outcome != KeyOutcome::Done) ++failed;
        }
      }
    });
  }
  for (std::thread& each : shards) each.join();
  EXPECT_EQ(failed.load(), 0U);
  EXPECT_EQ(status().counters.operations, kShards * kOperations);
}

TEST_F(Queue, StopsWithOperationsInFlight) {
  fake_pkcs11_apply("key one p256 sign; latency 1000");
  start(settings(2));
  std::vector<KeyOperation> operations;
  for (std::uint64_t tag = 0; tag < 100; ++tag) {
    operations.push_back(sign_operation(tag, key_named("one")));
  }
  queue_->submit(operations);
  dispatcher_.reset();
  EXPECT_EQ(fake_pkcs11_open_sessions(), 0U);
}

TEST_F(Queue, LogsInForEachUseOfAKeyThatWantsIt) {
  fake_pkcs11_apply("key one p256 sign+always");
  start(settings(1));
  EXPECT_EQ(run_one(sign_operation(1, key_named("one"))).outcome, KeyOutcome::Done);
  EXPECT_EQ(run_one(sign_operation(2, key_named("one"))).outcome, KeyOutcome::Done);
  EXPECT_EQ(fake_pkcs11_calls("C_Login"), 3U);
}

TEST_F(Queue, FindsKeysByTheirUri) {
  fake_pkcs11_apply("key one p256 sign; key two p256 sign");
  start(settings(1));
  const Result<KeyReport> found = dispatcher_->find_key("pkcs11:token=fake;object=one");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().id, key_named("one"));
  const Result<KeyReport> exact = dispatcher_->find_key(found.value().uri);
  ASSERT_TRUE(exact);
  EXPECT_TRUE(dispatcher_->find_key("pkcs11:token=fake").error().is(kKeyAmbiguous));
  EXPECT_TRUE(dispatcher_->find_key("pkcs11:object=three").error().is(kKeyUnknown));
  EXPECT_TRUE(dispatcher_->find_key("pkcs11:object=one?pin-value=1").error().is(kUriHasPin));
}

TEST_F(Queue, RefusesLimitsThatMakeNoSense) {
  EXPECT_TRUE(Dispatcher::create(settings(0)).error().is(kLaneCountInvalid));
  EXPECT_TRUE(Dispatcher::create(settings(65)).error().is(kLaneCountInvalid));
  DispatcherSettings chosen = settings(1);
  chosen.batch_operations_max = 0;
  EXPECT_TRUE(Dispatcher::create(chosen).error().is(kBatchLimitsInvalid));
  chosen = settings(1);
  chosen.tokens[0].module = "/nowhere/at-all.so";
  EXPECT_TRUE(Dispatcher::create(chosen).error().is(kModuleNotLoaded));
  chosen = settings(1);
  chosen.tokens.resize(17, chosen.tokens[0]);
  EXPECT_TRUE(Dispatcher::create(chosen).error().is(kTooManyTokens));
}

}  // namespace
}  // namespace sealgate::hsm
