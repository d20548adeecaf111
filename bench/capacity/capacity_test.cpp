// SPDX-License-Identifier: Apache-2.0
//
// A measuring tool that counts wrongly is worse than none.
#include <array>
#include <ctime>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/capacity/load_exchange.h"
#include "bench/capacity/mail_template.h"
#include "bench/capacity/measure.h"
#include "bench/capacity/sink_exchange.h"

namespace sealgate::capacity {
namespace {

using testing::HasSubstr;
using Step = LoadExchange::Step;

class SinkTest : public testing::Test {
 protected:
  std::string take(std::string_view bytes) {
    std::string replies;
    exchange_.take(bytes, replies);
    return replies;
  }

  SinkScript script_;
  SinkCounts counts_;
  SinkExchange exchange_ = SinkExchange(script_, counts_);
};

constexpr std::string_view kEnvelope = "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n";

TEST_F(SinkTest, CountsPipelinedMessages) {
  const std::string message = std::string(kEnvelope) + "Subject: x\r\n\r\nbody\r\n.\r\n";
  EXPECT_EQ(take("EHLO a\r\n").substr(0, 4), "250-");
  take(message + message + "QUIT\r\n");
  EXPECT_EQ(counts_.messages, 2U);
  EXPECT_EQ(counts_.recipients, 2U);
  EXPECT_EQ(counts_.bytes, 2 * std::string_view("Subject: x\r\n\r\nbody\r\n").size());
  EXPECT_TRUE(exchange_.is_over());
}

TEST_F(SinkTest, FindsTheEndHoweverTheBytesAreCut) {
  const std::string content = "a.b\r\n..c\r\n.d\r\n\r.\r\n\n.\r\r\n. \r\nend..\r\n";
  const std::string all = std::string(kEnvelope) + content + ".\r\nNOOP\r\n";
  for (std::size_t size = 1; size <= all.size(); ++size) {
    SinkCounts counts;
    SinkExchange exchange(script_, counts);
    std::string replies;
    for (std::size_t at = 0; at < all.size(); at += size) {
      exchange.take(std::string_view(all).substr(at, size), replies);
    }
    EXPECT_EQ(counts.messages, 1U) << size;
    EXPECT_EQ(counts.bytes, content.size()) << size;
    EXPECT_TRUE(replies.ends_with("taken\r\n250 2.0.0 ok\r\n")) << size;
  }
}

TEST_F(SinkTest, TakesAnEmptyContent) {
  take(std::string(kEnvelope) + ".\r\n");
  EXPECT_EQ(counts_.messages, 1U);
  EXPECT_EQ(counts_.bytes, 0U);
}

TEST_F(SinkTest, KeepsContentsWithoutDotStuffing) {
  std::string kept;
  exchange_.keep(&kept);
  take(std::string(kEnvelope) + "..a\r\nb.\r\n...\r\n.\r\n");
  EXPECT_EQ(kept, ".a\r\nb.\r\n..\r\n");
  take("MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 5\r\n..x\r\nBDAT 0 LAST\r\n");
  EXPECT_EQ(kept, "..x\r\n");
  EXPECT_EQ(counts_.messages, 2U);
}

TEST_F(SinkTest, FailsAsTheScriptSays) {
  script_.tempfail_rcpt_every = 2;
  EXPECT_THAT(take(kEnvelope), HasSubstr("354"));
  take("x\r\n.\r\n");
  const std::string replies = take(kEnvelope);
  EXPECT_THAT(replies, HasSubstr("451"));
  EXPECT_THAT(replies, HasSubstr("554"));
  script_ = {.tempfail_rcpt_every = 0, .tempfail_data_every = 2};
  take(kEnvelope);
  EXPECT_THAT(take("x\r\n.\r\n"), HasSubstr("451"));
  EXPECT_EQ(counts_.messages, 1U);
  EXPECT_EQ(counts_.tempfails, 2U);
}

TEST(MailTemplate, HasExactlyTheSizeAskedFor) {
  for (const std::size_t size :
       {1024UL, 4096UL, 16383UL, 16384UL, 16385UL, 76'800UL, 1'000'000UL}) {
    const MailTemplate mail(size, "a@example.org", "b@example.net");
    EXPECT_EQ(mail.header(7, 0).size() + mail.body().size(), size);
  }
  EXPECT_THROW(MailTemplate(1023, "a@example.org", "b@example.net"), std::runtime_error);
}

TEST(MailTemplate, IsReadyToBeSentAndSigned) {
  for (const std::size_t size : {4096UL, 4097UL, 76'800UL}) {
    const MailTemplate mail(size, "a@example.org", "b@example.net");
    const std::string all = mail.header(1, 0) + std::string(mail.body());
    EXPECT_TRUE(all.ends_with("\r\n"));
    EXPECT_THAT(all, testing::Not(HasSubstr("\n.")));
    EXPECT_THAT(all, testing::Not(HasSubstr(" \r\n")));
    std::size_t line_begin = 0;
    while (line_begin < all.size()) {
      const std::size_t end = all.find("\r\n", line_begin);
      ASSERT_NE(end, std::string::npos);
      EXPECT_EQ(all.substr(line_begin, end - line_begin).find_first_of("\r\n"), std::string::npos);
      EXPECT_LE(end - line_begin, 100U);
      line_begin = end + 2;
    }
  }
}

TEST(MailTemplate, MakesEachMessageItsOwn) {
  const MailTemplate mail(4096, "a@example.org", "b@example.net");
  EXPECT_NE(mail.header(1, 0), mail.header(2, 0));
  EXPECT_THAT(mail.header(1, 86'400), HasSubstr("Date: Fri, 02 Jan 1970 00:00:00 +0000\r\n"));
}

TEST(LoadExchange, SendsOneGroupWhereItMay) {
  LoadExchange exchange;
  EXPECT_EQ(exchange.take("220 "), Step::Wait);
  EXPECT_EQ(exchange.take("hello\r\n"), Step::Send);
  EXPECT_EQ(exchange.take_commands(), "EHLO load.example\r\n");
  EXPECT_EQ(exchange.take("250-x\r\n250-PIPELINING\r\n250 SIZE\r\n"), Step::Ready);
  const std::array<std::string, 1> recipients = {"b@y"};
  exchange.begin_message("a@x", recipients);
  EXPECT_EQ(exchange.take_commands(), kEnvelope);
  EXPECT_EQ(exchange.take("250 a\r\n250 b\r\n35"), Step::Wait);
  EXPECT_EQ(exchange.take("4 c\r\n"), Step::SendContent);
  EXPECT_EQ(exchange.take("250 taken\r\n"), Step::Finished);
  EXPECT_EQ(exchange.outcome(), 250);
}

TEST(LoadExchange, GoesStepByStepWithoutPipelining) {
  LoadExchange exchange;
  exchange.take("220 x\r\n");
  exchange.take_commands();
  EXPECT_EQ(exchange.take("250 x\r\n"), Step::Ready);
  const std::array<std::string, 1> recipients = {"b@y"};
  exchange.begin_message("a@x", recipients);
  EXPECT_EQ(exchange.take_commands(), "MAIL FROM:<a@x>\r\n");
  EXPECT_EQ(exchange.take("250 a\r\n"), Step::Send);
  EXPECT_EQ(exchange.take_commands(), "RCPT TO:<b@y>\r\n");
  EXPECT_EQ(exchange.take("250 a\r\n"), Step::Send);
  EXPECT_EQ(exchange.take_commands(), "DATA\r\n");
  EXPECT_EQ(exchange.take("354 a\r\n"), Step::SendContent);
}

TEST(LoadExchange, NamesTheFirstRefusalAndGoesOn) {
  LoadExchange exchange;
  exchange.take("220 x\r\n");
  exchange.take("250-x\r\n250 PIPELINING\r\n");
  const std::array<std::string, 1> recipients = {"b@y"};
  exchange.take_commands();
  exchange.begin_message("a@x", recipients);
  exchange.take_commands();
  EXPECT_EQ(exchange.take("250 a\r\n451 later\r\n554 none\r\n"), Step::Send);
  EXPECT_EQ(exchange.take_commands(), "RSET\r\n");
  EXPECT_EQ(exchange.take("250 a\r\n"), Step::Finished);
  EXPECT_EQ(exchange.outcome(), 451);
  exchange.begin_message("a@x", recipients);
  EXPECT_EQ(exchange.take_commands(), kEnvelope);
}

TEST(LoadExchange, GivesUpOnWhatIsNoServer) {
  LoadExchange exchange;
  EXPECT_EQ(exchange.take("SSH-2.0-x\r\n"), Step::Over);
  exchange.begin_connection();
  EXPECT_EQ(exchange.take("554 go away\r\n"), Step::Over);
  exchange.begin_connection();
  exchange.take("220 x\r\n");
  exchange.take("250 x\r\n");
  EXPECT_EQ(exchange.take("421 closing\r\n"), Step::Over);
}

TEST(Latencies, TakesQuantilesByNearestRank) {
  Latencies latencies;
  EXPECT_EQ(latencies.quantile(0.5), 0);
  for (int i = 100; i > 0; --i) latencies.add(std::chrono::microseconds(i));
  EXPECT_EQ(latencies.quantile(0.5), 50);
  EXPECT_EQ(latencies.quantile(0.99), 99);
  EXPECT_EQ(latencies.quantile(0.999), 100);
  EXPECT_EQ(latencies.quantile(0), 1);
}

TEST(Address, IsHostAndPort) {
  EXPECT_EQ(parse_address("[::1]:25").host, "::1");
  EXPECT_EQ(parse_address("127.0.0.1:25").port, "25");
  EXPECT_THROW(parse_address("25"), std::runtime_error);
  EXPECT_THROW(parse_address("host:"), std::runtime_error);
}

}  // namespace
}  // namespace sealgate::capacity
