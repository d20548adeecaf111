// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/inspector.h"

#include <algorithm>
#include <map>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/inspection/errors.h"
#include "app/inspection/fake_clamd_for_test.h"
#include "app/inspection/message_for_test.h"

namespace sealgate::app {
namespace {

// What a shard does: sleeps until it is woken, then looks.
class Shard {
 public:
  int wake_descriptor() const { return wake_.number(); }

  // The next results, at least one.
  std::vector<engine::InspectionResult> wait(Inspector& inspector, std::size_t shard) {
    for (;;) {
      const auto results = inspector.poll(shard);
      if (!results.empty()) return {results.begin(), results.end()};
      pollfd ready{wake_.number(), POLLIN, 0};
      if (::poll(&ready, 1, 60'000) != 1) {
        ADD_FAILURE() << "nobody wakes the shard";
        return {engine::InspectionResult{}};
      }
      std::uint64_t count = 0;
      EXPECT_EQ(read(wake_.number(), &count, sizeof count), 8);
    }
  }

  engine::InspectionResult wait_for_one(Inspector& inspector, std::size_t shard) {
    const auto results = wait(inspector, shard);
    EXPECT_EQ(results.size(), 1U);
    return results.front();
  }

 private:
  Descriptor wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

class InspectorTest : public ::testing::Test {
 protected:
  InspectorTest() {
    config_.scan.program = SEALGATE_SCAN_FOR_TEST;
    config_.threads = 2;
  }

  void start() {
    std::vector<int> wakes;
    for (const Shard& shard : shards_) wakes.push_back(shard.wake_descriptor());
    inspector_ = Inspector::create(config_, wakes).value();
    inspector_->start();
  }

  engine::InspectionResult inspect(std::string_view content) {
    inspector_->submit(0, {++last_id_}, sealed(content));
    engine::InspectionResult result = shards_[0].wait_for_one(*inspector_, 0);
    EXPECT_EQ(result.id.value, last_id_);
    return result;
  }

  InspectionConfig config_;
  std::vector<Shard> shards_ = std::vector<Shard>(2);
  std::unique_ptr<Inspector> inspector_;
  std::uint64_t last_id_ = 0;
};

using InspectionOutcome = engine::InspectionResult::Outcome;

TEST_F(InspectorTest, GivesWhatTheContentScanSays) {
  start();
  EXPECT_EQ(inspect("clean").outcome, InspectionOutcome::Clean);
  const auto refused = inspect("refuse");
  EXPECT_EQ(refused.outcome, InspectionOutcome::Refused);
  EXPECT_EQ(refused.reason, "as told");
  EXPECT_EQ(refused.scanner, "content");
  EXPECT_TRUE(inspector_->is_scanner_running());
}

TEST_F(InspectorTest, AsksClamdAfterTheContentScan) {
  FakeClamd clamd(FakeClamd::Over::UnixSocket);
  config_.clamd = clamd.config();
  start();
  EXPECT_EQ(inspect("refuse").scanner, "content");
  EXPECT_EQ(clamd.connections(), 0);
  const auto clean = inspect("clean");
  EXPECT_EQ(clean.outcome, InspectionOutcome::Clean);
  EXPECT_EQ(clean.scanner, "clamd");
  EXPECT_EQ(clamd.received(), "clean");
}

TEST_F(InspectorTest, AsksClamdAloneWhereTheContentScanIsOff) {
  FakeClamd clamd(FakeClamd::Over::Tcp);
  config_.clamd = clamd.config();
  config_.scan.is_on = false;
  start();
  const auto result = inspect(eicar());
  EXPECT_EQ(result.outcome, InspectionOutcome::Infected);
  EXPECT_EQ(result.reason, "Eicar-Test");
  EXPECT_EQ(result.scanner, "clamd");
}

TEST_F(InspectorTest, LetsMailPassOnlyWhileClamdIsDownAndOnlyWhereConfigured) {
  FakeClamd clamd(FakeClamd::Over::UnixSocket);
  clamd.stop();
  config_.clamd = clamd.config();
  for (const ScannerDown when : {ScannerDown::Defer, ScannerDown::Pass}) {
    config_.when_clamd_is_down = when;
    start();
    const auto down = inspect("clean");
    EXPECT_EQ(down.outcome, InspectionOutcome::Unavailable);
    EXPECT_EQ(down.may_pass, when == ScannerDown::Pass);
    EXPECT_EQ(down.scanner, "clamd");
    // What the content scan finds or dies of counts all the same.
    EXPECT_EQ(inspect("refuse").outcome, InspectionOutcome::Refused);
    EXPECT_FALSE(inspect("crash").may_pass);
  }
  clamd.closes_at_once = true;
  clamd.listen();
  EXPECT_FALSE(inspect("clean").may_pass);
}

TEST_F(InspectorTest, TakesNoMoreThanItsQueueHolds) {
  config_.queue_max = 3;
  config_.timeout = std::chrono::milliseconds(300);
  start();
  for (std::uint64_t id = 1; id <= 3; ++id) inspector_->submit(0, {id}, sealed("hang"));
  inspector_->submit(0, {4}, sealed("clean"));
  const auto full = shards_[0].wait_for_one(*inspector_, 0);
  EXPECT_EQ(full.id.value, 4U);
  EXPECT_EQ(full.outcome, InspectionOutcome::Unavailable);
  EXPECT_FALSE(full.may_pass);
  // Another shard's queue is its own, though its message waits for a thread.
  inspector_->submit(1, {1}, sealed("clean"));
  EXPECT_EQ(shards_[1].wait_for_one(*inspector_, 1).id.value, 1U);
  std::size_t ended = 0;
  while (ended < 3) ended += shards_[0].wait(*inspector_, 0).size();
  EXPECT_EQ(inspect("clean").outcome, InspectionOutcome::Clean);
}

TEST_F(InspectorTest, GivesUpAtTheDeadlineAlsoWhatNoThreadHasBegun) {
  config_.threads = 1;
  config_.timeout = std::chrono::milliseconds(100);
  start();
  inspector_->submit(0, {1}, sealed("hang"));
  inspector_->submit(0, {2}, sealed("clean"));
  std::map<std::uint64_t, engine::InspectionResult> results;
  while (results.size() < 2) {
    for (auto& result : shards_[0].wait(*inspector_, 0)) results[result.id.value] = result;
  }
  EXPECT_EQ(results[1].outcome, InspectionOutcome::Unavailable);
  EXPECT_EQ(results[2].outcome, InspectionOutcome::Unavailable);
}

TEST_F(InspectorTest, GivesOneResultForEachMessageOfEachShard) {
  config_.threads = 4;
  start();
  std::vector<std::thread> threads;
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    threads.emplace_back([&, shard] {
      const std::map<std::uint64_t, std::pair<std::string, InspectionOutcome>> kinds = {
          {0, {"clean", InspectionOutcome::Clean}},
          {1, {"crash", InspectionOutcome::Unavailable}},
          {2, {"refuse", InspectionOutcome::Refused}}};
      std::map<std::uint64_t, int> seen;
      for (std::uint64_t id = 0; id < 60; ++id) {
        inspector_->submit(shard, {id}, sealed(kinds.at(id % 3).first));
      }
      while (seen.size() < 60) {
        for (const auto& result : shards_[shard].wait(*inspector_, shard)) {
          ++seen[result.id.value];
          EXPECT_EQ(result.outcome, kinds.at(result.id.value % 3).second);
        }
      }
      EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](auto& one) { return one.second == 1; }));
      EXPECT_TRUE(inspector_->poll(shard).empty());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(InspectorTest, EndsAtOnceWithMessagesAtWorkAndWaiting) {
  start();
  for (std::uint64_t id = 0; id < 10; ++id) inspector_->submit(0, {id}, sealed("hang"));
  const TimePoint before = hsm::monotonic_now();
  inspector_.reset();
  EXPECT_LT(hsm::monotonic_now() - before, config_.timeout / 2);
}

TEST_F(InspectorTest, RefusesLimitsThatCannotBe) {
  const auto is_refused = [&] {
    return Inspector::create(config_, {}).error().is(kInspectionLimitsInvalid);
  };
  config_.queue_max = 0;
  EXPECT_TRUE(is_refused());
  config_.queue_max = Inspector::kQueueMax + 1;
  EXPECT_TRUE(is_refused());
  config_.queue_max = Inspector::kQueueMax;
  config_.threads = 0;
  EXPECT_TRUE(is_refused());
  config_.threads = Inspector::kThreadsMax + 1;
  EXPECT_TRUE(is_refused());
  config_.threads = 1;
  config_.timeout = Duration::zero();
  EXPECT_TRUE(is_refused());
  config_.timeout = std::chrono::seconds(1);
  config_.scan.limits.cpu_seconds_max = 0;
  EXPECT_TRUE(is_refused());
  config_.scan.limits.cpu_seconds_max = 1;
  EXPECT_TRUE(Inspector::create(config_, {}));
}

}  // namespace
}  // namespace sealgate::app
