// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/clamd.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "app/inspection/errors.h"
#include "app/inspection/fake_clamd_for_test.h"
#include "app/inspection/message_for_test.h"

namespace sealgate::app {
namespace {

Judgement scan(const ClamdConfig& config, std::string_view content) {
  return Clamd::create(config).value().scan(sealed(content), long_patience());
}

class ClamdTest : public ::testing::TestWithParam<FakeClamd::Over> {
 protected:
  FakeClamd server_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(EachWay, ClamdTest,
                         ::testing::Values(FakeClamd::Over::UnixSocket, FakeClamd::Over::Tcp));

TEST_P(ClamdTest, IsGivenTheWholeMessage) {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + "\r\n";
  for (const std::string& content : {std::string(), std::string("x"), text}) {
    EXPECT_EQ(scan(server_.config(), content).outcome, Outcome::Clean);
    EXPECT_EQ(server_.received(), content);
  }
}

TEST_P(ClamdTest, FindsWhatIsInTheMessage) {
  const Judgement judgement = scan(server_.config(), "Subject: x\r\n\r\n" + eicar() + "\r\n");
  EXPECT_EQ(judgement.outcome, Outcome::Infected);
  EXPECT_EQ(judgement.reason, "Eicar-Test");
}

TEST_P(ClamdTest, IsDownWhileNobodyListensAndUpAfterwards) {
  const Clamd clamd = Clamd::create(server_.config()).value();
  EXPECT_EQ(clamd.scan(sealed("x"), long_patience()).outcome, Outcome::Clean);
  server_.stop();
  const Judgement down = clamd.scan(sealed("x"), long_patience());
  EXPECT_EQ(down.outcome, Outcome::Unavailable);
  EXPECT_TRUE(down.is_scanner_down);
  server_.listen();
  EXPECT_EQ(clamd.scan(sealed("x"), long_patience()).outcome, Outcome::Clean);
}

// The content may be what it dies of, so it is not "down".
TEST_P(ClamdTest, IsNotDownWhereItEndsOverAMessage) {
  server_.closes_at_once = true;
  const Judgement judgement = scan(server_.config(), std::string(1'000'000, 'x'));
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
  EXPECT_FALSE(judgement.is_scanner_down);
}

TEST_P(ClamdTest, IsNotWaitedForBeyondThePatience) {
  server_.never_answers = true;
  const Clamd clamd = Clamd::create(server_.config()).value();
  const TimePoint before = hsm::monotonic_now();
  const Judgement judgement = clamd.scan(sealed("x"), patience(std::chrono::milliseconds(50)));
  EXPECT_EQ(judgement.outcome, Outcome::Unavailable);
  EXPECT_FALSE(judgement.is_scanner_down);
  EXPECT_GE(hsm::monotonic_now() - before, std::chrono::milliseconds(50));
}

TEST_P(ClamdTest, IsNotUnderstoodWhenItSaysTooMuchOrTooLittle) {
  for (const std::string& answer :
       {std::string("stream: OK\0stream: OK", 21), std::string("stream: OK\n"),
        std::string(kPacketBytesMax, 'x'), std::string("nonsense")}) {
    server_.fixed_answer = answer;
    EXPECT_EQ(scan(server_.config(), "x").outcome, Outcome::Unavailable);
  }
}

TEST(ClamdOverTcp, RefusesWhatIsLargerThanEitherSideTakes) {
  FakeClamd server(FakeClamd::Over::Tcp);
  ClamdConfig config = server.config();
  config.stream_bytes_max = 1000;
  EXPECT_EQ(scan(config, std::string(1000, 'x')).outcome, Outcome::Clean);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(scan(config, std::string(1001, 'x')).outcome, Outcome::Refused);
  EXPECT_EQ(server.connections(), 1);
  server.stream_bytes_max = 100;
  EXPECT_EQ(scan(config, std::string(100, 'x')).outcome, Outcome::Clean);
  EXPECT_EQ(scan(config, std::string(101, 'x')).outcome, Outcome::Refused);
}

TEST(Clamd, CannotBeWhereNoAddressIs) {
  ClamdConfig config;
  config.socket = std::string(108, 'x');
  EXPECT_TRUE(Clamd::create(config).error().is(kClamdNotFound));
  config.socket = std::string(107, 'x');
  EXPECT_TRUE(Clamd::create(config));
  config.socket.clear();
  config.host = "name.invalid";
  EXPECT_TRUE(Clamd::create(config).error().is(kClamdNotFound));
}

// The clamd of the distribution with a database of one signature.
class RealClamdTest : public ::testing::Test {
 protected:
  static constexpr const char* kProgram = "/usr/sbin/clamd";
  static constexpr std::uint16_t kPort = 13310;

  void SetUp() override {
    if (access(kProgram, X_OK) != 0) GTEST_SKIP() << "clamav-daemon is not installed";
    folder_ = "/tmp/sealgate_clamav_XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    std::filesystem::create_directory(folder_ + "/database");
    std::ofstream(folder_ + "/database/test.ndb")
        << "Sealgate.Test.Marker:0:*:" << to_hex(as_bytes("sealgate-marker-7731")) << "\n";
    std::ofstream(folder_ + "/clamd.conf")
        << "Foreground yes\nLocalSocket " << socket_path() << "\nDatabaseDirectory " << folder_
        << "/database\nTCPAddr 127.0.0.1\nTCPSocket " << kPort << "\nStreamMaxLength 1M\n"
        << "TemporaryDirectory " << folder_ << "\n";
    start();
  }

  void TearDown() override {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string socket_path() const { return folder_ + "/socket"; }

  void start() {
    std::string option = "--config-file=" + folder_ + "/clamd.conf";
    std::string name = kProgram;
    char* arguments[] = {name.data(), option.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&quiet, STDOUT_FILENO, STDERR_FILENO);
    char* environment[] = {nullptr};
    ASSERT_EQ(posix_spawn(&process_, kProgram, &quiet, nullptr, arguments, environment), 0);
    posix_spawn_file_actions_destroy(&quiet);
    const TimePoint end = hsm::monotonic_now() + std::chrono::seconds(60);
    while (scan(over_unix(), "x").outcome != Outcome::Clean) {
      ASSERT_LT(hsm::monotonic_now(), end) << "clamd does not start";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  ClamdConfig over_unix() const {
    ClamdConfig config;
    config.socket = socket_path();
    return config;
  }

  ClamdConfig over_tcp() const {
    ClamdConfig config;
    config.host = "127.0.0.1";
    config.port = kPort;
    return config;
  }

 private:
  std::string folder_;
  pid_t process_ = 0;
};

TEST_F(RealClamdTest, GivesTheAnswersThatAreExpectedOfIt) {
  const std::string infected =
      "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nc2VhbGdhdGUtbWFya2VyLTc3MzE=\r\n";
  for (const ClamdConfig& config : {over_unix(), over_tcp()}) {
    EXPECT_EQ(scan(config, "From: a@example.org\r\n\r\nHello.\r\n").outcome, Outcome::Clean);
    const Judgement judgement = scan(config, infected);
    EXPECT_EQ(judgement.outcome, Outcome::Infected);
    EXPECT_EQ(judgement.reason, "Sealgate.Test.Marker.UNOFFICIAL");
  }
  EXPECT_EQ(scan(over_tcp(), std::string(2U << 20U, 'x')).outcome, Outcome::Refused);
  EXPECT_EQ(scan(over_unix(), std::string(2U << 20U, 'x')).outcome, Outcome::Clean);
}

}  // namespace
}  // namespace sealgate::app
