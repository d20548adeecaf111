// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/content_scanner.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <thread>

#include <gtest/gtest.h>

#include "app/inspection/errors.h"
#include "app/inspection/message_for_test.h"
#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

std::unique_ptr<ContentScanner> start(const char* program, const ScanLimits& limits) {
  ScanConfig config;
  config.program = program;
  config.limits = limits;
  return ContentScanner::start(config).value();
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "stat");
    pid_t process = 0;
    pid_t its_parent = 0;
    std::string name;
    std::string state;
    // The names of these programs have no blanks.
    if (file >> process >> name >> state >> its_parent && its_parent == parent && state != "Z") {
      children.push_back(process);
    }
  }
  return children;
}

// The one child of `parent`, once there is one.
pid_t child_of(pid_t parent) {
  const TimePoint end = hsm::monotonic_now() + std::chrono::seconds(30);
  while (hsm::monotonic_now() < end) {
    const std::vector<pid_t> children = children_of(parent);
    if (children.size() == 1) return children.front();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ADD_FAILURE() << "no process was started";
  return 0;
}

class WorkerTest : public ::testing::Test {
 protected:
  Judgement scan(std::string_view deed) { return scanner_->scan(sealed(deed), long_patience()); }

  std::unique_ptr<ContentScanner> scanner_ = start(SEALGATE_SCAN_FOR_TEST, {3, 100, 1U << 20U, 1});
};

TEST_F(WorkerTest, AnswersWithOutcomeAndReason) {
  EXPECT_EQ(scan("clean").outcome, Outcome::Clean);
  const Judgement refused = scan("refuse");
  EXPECT_EQ(refused.outcome, Outcome::Refused);
  EXPECT_EQ(refused.reason, "as told");
}

TEST_F(WorkerTest, MaySayNoMoreThanCleanOrRefused) {
  EXPECT_EQ(scan("lie").outcome, Outcome::Unavailable);
}

TEST_F(WorkerTest, MayCrashOrLeaveWithoutHarmToTheNextMessage) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(scan("crash").outcome, Outcome::Unavailable);
    EXPECT_EQ(scan("leave").outcome, Outcome::Unavailable);
    EXPECT_EQ(scan("clean").outcome, Outcome::Clean);
  }
  EXPECT_TRUE(scanner_->is_running());
}

TEST_F(WorkerTest, MayBeKilledAtWork) {
  Judgement judgement;
  std::thread waiter([&] { judgement = scan("hang"); });
  kill(child_of(child_of(getpid())), SIGKILL);
  waiter.join();
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
  EXPECT_FALSE(judgement.is_scanner_down);
  EXPECT_EQ(scan("clean").outcome, Outcome::Clean);
}

TEST_F(WorkerTest, IsKilledWhenNobodyWaitsAnyMore) {
  const Judgement judgement =
      scanner_->scan(sealed("hang"), patience(std::chrono::milliseconds(50)));
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
  const pid_t supervisor = child_of(getpid());
  const TimePoint end = hsm::monotonic_now() + std::chrono::seconds(30);
  while (!children_of(supervisor).empty() && hsm::monotonic_now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(children_of(supervisor).empty());
}

TEST_F(WorkerTest, IsRefusedMoreThanItsCpuTime) {
  const Judgement judgement = scan("spin");
  EXPECT_EQ(judgement.outcome, Outcome::Refused);
  EXPECT_EQ(judgement.reason, "the content scan takes more than 1 s of CPU time");
}

TEST_F(WorkerTest, IsRefusedMoreThanItsMemory) {
  if (kHasSanitizer) GTEST_SKIP() << "sanitizers need terabytes of address space";
  // Time enough to take it all on a busy machine.
  scanner_ = start(SEALGATE_SCAN_FOR_TEST, {3, 100, 1U << 20U, 60});
  const Judgement judgement = scan("memory");
  EXPECT_EQ(judgement.outcome, Outcome::Refused);
  EXPECT_EQ(judgement.reason, "the content scan takes more memory than it may");
}

TEST_F(WorkerTest, CannotOpenConnectStartSignalOrMakeCode) {
  for (const char* const deed :
       {"open", "socket", "fork", "signal", "parent", "code", "send", "change"}) {
    // The attempt is deadly; to open something, and all of them under a sanitizer, in vain.
    const bool is_in_vain = kHasSanitizer || std::string_view(deed) == "open";
    EXPECT_EQ(scan(deed).outcome, is_in_vain ? Outcome::Refused : Outcome::Unavailable) << deed;
  }
  EXPECT_EQ(scan("clean").outcome, Outcome::Clean);
}

TEST_F(WorkerTest, StopsWaitingWhenTold) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  Patience stoppable = long_patience();
  stoppable.stop_descriptor = reader.number();
  Judgement judgement{Outcome::Clean, "", false};
  std::thread waiter([&] { judgement = scanner_->scan(sealed("hang"), stoppable); });
  child_of(child_of(getpid()));
  writer = Descriptor();
  waiter.join();
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
}

TEST_F(WorkerTest, IsUnavailableForeverWithoutItsSupervisor) {
  EXPECT_TRUE(scanner_->is_running());
  const pid_t supervisor = child_of(getpid());
  Judgement judgement;
  std::thread waiter([&] { judgement = scan("hang"); });
  child_of(supervisor);
  kill(supervisor, SIGKILL);
  waiter.join();  // The worker goes with it.
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
  EXPECT_FALSE(scanner_->is_running());
  EXPECT_EQ(scan("clean").outcome, Outcome::Unavailable);
}

TEST_F(WorkerTest, OutlivesTheSignalsThatEndADaemon) {
  const pid_t supervisor = child_of(getpid());
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) kill(supervisor, number);
  EXPECT_EQ(scan("clean").outcome, Outcome::Clean);
}

TEST_F(WorkerTest, ScansForManyAtOnce) {
  std::atomic<int> clean{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        if (scan(k % 2 == 0 ? "clean" : "crash").outcome == Outcome::Clean) ++clean;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clean, 40);
}

TEST_F(WorkerTest, LeavesNoDescriptorBehind) {
  const auto count = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  scan("clean");
  const auto before = count();
  for (const char* const deed : {"clean", "crash", "refuse"}) scan(deed);
  EXPECT_EQ(count(), before);
}

TEST(ContentScanner, SaysWhyItCannotStart) {
  ScanConfig config;
  config.program = "/nonexistent/sealgate-scan";
  EXPECT_TRUE(ContentScanner::start(config).error().is(kScanProgramNotStarted));
  config.program = "/bin/false";
  EXPECT_TRUE(ContentScanner::start(config).error().is(kScanProgramNotReady));
  config.rules.forbidden_names.assign(1, std::string(5000, 'x'));
  EXPECT_TRUE(ContentScanner::start(config).error().is(kScanRulesTooLong));
}

TEST(ContentScanner, ScansContentInTheSandbox) {
  const auto scanner = start(SEALGATE_SCAN, {});
  EXPECT_EQ(scanner->scan(sealed("Subject: x\r\n\r\nHello.\r\n"), long_patience()).outcome,
            Outcome::Clean);
  EXPECT_EQ(scanner->scan(sealed(""), long_patience()).outcome, Outcome::Clean);
  const Judgement judgement = scanner->scan(
      sealed("Content-Type: text/plain; name=a.exe\r\n\r\nHello.\r\n"), long_patience());
  EXPECT_EQ(judgement.outcome, Outcome::Refused);
  EXPECT_EQ(judgement.reason, "attachment a.exe has a forbidden name (*.exe)");
}

// A name in a character set that glibc keeps in a file of its own, which no worker can open.
TEST(ContentScanner, ReadsNamesInForeignCharacterSets) {
  const auto scanner = start(SEALGATE_SCAN, {});
  for (const char* const name :
       {"=?utf-7?Q?invoice+AC4-exe?=", "=?utf-16be?B?AGEALgBlAHgAZQ==?="}) {
    const std::string message =
        "Content-Type: text/plain; name=\"" + std::string(name) + "\"\r\n\r\nHello.\r\n";
    EXPECT_EQ(scanner->scan(sealed(message), long_patience()).outcome, Outcome::Refused) << name;
  }
}

}  // namespace
}  // namespace sealgate::app
