// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/reply.h"

#include <gtest/gtest.h>

#include "netio/smtp/client_facts.h"
#include "netio/smtp/errors.h"
#include "netio/smtp/router.h"
#include "netio/smtp/timer_heap.h"

namespace sealgate::netio {
namespace {

using Outcome = ReplyReader::Outcome;

TEST(FormatReply, WritesLines) {
  EXPECT_EQ(format_reply({.code = 250, .enhanced = "2.0.0", .text = "a\nb"}),
            "250-2.0.0 a\r\n250 2.0.0 b\r\n");
  EXPECT_EQ(format_reply({.code = 354, .enhanced = "", .text = ""}), "354 \r\n");
}

TEST(FormatReply, LetsNothingBreakOutOfItsLine) {
  EXPECT_EQ(format_reply({.code = 550, .enhanced = "5.0.0", .text = "a\r\tb\x7F\xC2\x85\xFF"}),
            "550 5.0.0 a??b????\r\n");
  EXPECT_EQ(format_reply({.code = 99, .enhanced = "9.0.0", .text = "x"}), "451 4.3.0 x\r\n");
  const std::string cut =
      format_reply({.code = 250, .enhanced = "", .text = std::string(999, 'x')});
  EXPECT_EQ(cut.size(), 4 + kReplyTextBytesMax + 2);
  std::string lines;
  for (std::size_t i = 0; i < 2 * kReplyLinesMax; ++i) lines += "x\n";
  EXPECT_EQ(format_reply({.code = 250, .enhanced = "", .text = lines}).size(), kReplyLinesMax * 7);
}

TEST(ReplyFor, MapsEachClassOnce) {
  const auto code_of = [](ErrorClass error_class) {
    const ErrorKind kind{error_class, "test.kind", "text"};
    const engine::Reply reply = reply_for(Error(kind));
    return std::to_string(reply.code) + " " + reply.enhanced;
  };
  EXPECT_EQ(code_of(ErrorClass::InvalidInput), "554 5.6.0");
  EXPECT_EQ(code_of(ErrorClass::Refused), "550 5.7.1");
  EXPECT_EQ(code_of(ErrorClass::Unavailable), "451 4.3.0");
  EXPECT_EQ(code_of(ErrorClass::Exhausted), "452 4.3.1");
  EXPECT_EQ(code_of(ErrorClass::Misconfigured), "451 4.3.5");
}

TEST(ReplyReader, TakesEnhancedCodesOfTheRightClassOnly) {
  const auto read = [](std::string_view line) {
    ReplyReader reader;
    EXPECT_EQ(reader.add(line), Outcome::Complete) << line;
    return reader.reply().enhanced + "|" + reader.reply().text;
  };
  EXPECT_EQ(read("250 2.1.5 ok"), "2.1.5|ok");
  EXPECT_EQ(read("250 2.1.5"), "2.1.5|");
  EXPECT_EQ(read("250"), "2.0.0|");
  EXPECT_EQ(read("550 4.1.5 no"), "5.0.0|4.1.5 no");
  EXPECT_EQ(read("550 5.1.1000 no"), "5.0.0|5.1.1000 no");
  EXPECT_EQ(read("450 4.7 no"), "4.0.0|4.7 no");
}

TEST(ReplyReader, BoundsTheLines) {
  ReplyReader reader;
  for (std::size_t i = 1; i < kReplyLinesMax; ++i)
    ASSERT_EQ(reader.add("250-x"), Outcome::NeedMore);
  EXPECT_EQ(reader.add("250 x"), Outcome::Complete);
  for (std::size_t i = 0; i < kReplyLinesMax; ++i)
    ASSERT_EQ(reader.add("250-x"), Outcome::NeedMore);
  EXPECT_EQ(reader.add("250 x"), Outcome::Malformed);
}

TEST(Xforward, ReadsBackWhatItWrites) {
  const engine::ForwardedClient client{.name = "n \xC3\xA4=+",
                                       .address = "2001:db8::1",
                                       .helo = "",
                                       .protocol = "ESMTP",
                                       .identity = "4F5"};
  const auto commands = format_xforward(client, kForwardAttributes);
  ASSERT_EQ(commands.size(), 1U);
  engine::ForwardedClient read;
  read.helo = "before";
  ASSERT_TRUE(parse_xforward(commands[0].substr(9), read));
  EXPECT_EQ(read.name, client.name);
  EXPECT_EQ(read.address, client.address);
  EXPECT_EQ(read.helo, "");
  EXPECT_EQ(read.identity, client.identity);
}

TEST(Xforward, KeepsToTheLimitOfACommandAndToWhatIsOffered) {
  const std::string big(255, '\xFF');
  const engine::ForwardedClient client{.name = std::string(255, 'n'),
                                       .address = "192.0.2.1",
                                       .helo = std::string(255, 'h'),
                                       .protocol = big,
                                       .identity = ""};
  for (const std::string& command : format_xforward(client, kForwardAttributes)) {
    EXPECT_LE(command.size(), 510U);
  }
  EXPECT_EQ(format_xforward(client, "addr FOO").at(0), "XFORWARD ADDR=192.0.2.1");
  EXPECT_TRUE(format_xforward(client, "").empty());
}

TEST(Xforward, RefusesWhatItCannotRead) {
  engine::ForwardedClient client;
  for (const std::string& bad :
       {std::string(""), std::string("NAME"), std::string("NAME=a=b"), std::string("ADDR=x"),
        std::string("PORT=65536"), std::string("SOURCE=moon"), std::string("NAME=+00"),
        std::string("NAME=+FF"), "NAME=" + std::string(256, 'x')}) {
    const Result<void> parsed = parse_xforward(bad, client);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_TRUE(parsed.error().is(kParameterMalformed)) << bad;
  }
  EXPECT_TRUE(parse_xforward("FOO=x", client).error().is(kParameterUnknown));
  EXPECT_TRUE(parse_xforward("NAME=" + std::string(255, 'x'), client));
}

TEST(Router, TakesTheFirstRouteThatMatches) {
  std::vector<Route> routes(3);
  routes[0].domains = {"a.example", ".b.example"};
  routes[1].domains = {"b.example"};
  EXPECT_EQ(find_route(routes, "a.example"), 0U);
  EXPECT_EQ(find_route(routes, "x.b.example"), 0U);
  EXPECT_EQ(find_route(routes, "b.example"), 1U);
  EXPECT_FALSE(find_route(routes, "xb.example"));
  EXPECT_FALSE(find_route(routes, "x.a.example"));
  EXPECT_FALSE(find_route(routes, ""));
  routes[2].domains = {"*"};
  EXPECT_EQ(find_route(routes, "anything"), 2U);
  EXPECT_EQ(find_route(routes, ""), 2U);
}

TEST(TimerHeap, GivesEachDeadlineOnceAndTheNewestOnly) {
  TimerHeap timers;
  const auto at = [](int seconds) { return TimePoint{} + std::chrono::seconds(seconds); };
  EXPECT_FALSE(timers.next());
  timers.arm({1}, at(5));
  timers.arm({2}, at(3));
  timers.arm({1}, at(9));
  timers.arm({3}, at(4));
  timers.arm({3}, at(2));
  timers.arm({4}, at(1));
  timers.forget({4});
  EXPECT_FALSE(timers.take_due(at(1)));
  EXPECT_EQ(timers.take_due(at(4)), ConnectionId{3});
  EXPECT_EQ(timers.take_due(at(4)), ConnectionId{2});
  EXPECT_FALSE(timers.take_due(at(8)));
  EXPECT_EQ(timers.next(), at(9));
  EXPECT_EQ(timers.take_due(at(9)), ConnectionId{1});
  EXPECT_FALSE(timers.take_due(at(99)));
  timers.arm({1}, at(100));
  timers.arm({1}, TimePoint::max());
  EXPECT_FALSE(timers.take_due(at(200)));
}

}  // namespace
}  // namespace sealgate::netio
