// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/smtp_client.h"

#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "netio/smtp/mail_harness.h"
#include "netio/smtp/next_hop.h"

namespace sealgate::netio {
namespace {

using engine::BodyType;
using engine::Delivery;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEverything =
    "250-n\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
    "250-CHUNKING\r\n250-BINARYMIME\r\n250 XFORWARD NAME ADDR PROTO HELO IDENT\r\n";

class SmtpClientTest : public testing::Test {
 protected:
  void SetUp() override { start(plain_settings()); }
  void start(MailServiceSettings settings) {
    harness = std::make_unique<MailHarness>(std::move(settings));
  }
  Delivery delivery(std::vector<std::string> recipients) {
    Delivery made;
    made.id = {7};
    made.copy = ++copies;
    made.sender = "s@b.example";
    for (std::string& address : recipients) {
      made.recipients.push_back({.address = std::move(address), .notify = {}, .original = {}});
    }
    made.content = harness->chain("A: b\r\n\r\n.x\r\n");
    return made;
  }
  void submit(Delivery made) { harness->submit(std::move(made)); }

  // The connection that was begun last, completed; what was sent there is in said().
  void connect() {
    hop = harness->transport.connects.back().first;
    harness->transport.complete_connect(hop);
    harness->run();
  }
  std::string reply(std::string_view text) {
    harness->transport.deliver(hop, text);
    harness->run();
    return harness->transport.take_text(hop);
  }
  // Up to where the connection stands ready; what is said there first.
  std::string greet(std::string_view offers) {
    connect();
    EXPECT_EQ(reply("220 n\r\n"), "EHLO gate.example\r\n");
    return reply(offers);
  }
  const engine::Reply& result(std::size_t recipient) {
    return harness->finished.back().results.at(recipient).reply;
  }
  std::size_t connect_count() { return harness->transport.connects.size(); }
  void two_endpoints(MailServiceSettings& settings) {
    settings.routes[0].endpoints.push_back({.address = "198.51.100.2", .port = 26});
  }

  std::unique_ptr<MailHarness> harness;
  ConnectionId hop;
  std::uint32_t copies = 0;
};

TEST_F(SmtpClientTest, SendsAllOfTheEnvelopeAtOnceWherePipeliningIsOffered) {
  submit(delivery({"1@d.example", "2@d.example"}));
  EXPECT_EQ(harness->transport.connects.back().second,
            (Endpoint{.address = "198.51.100.1", .port = 25}));
  EXPECT_EQ(greet(kEverything),
            "MAIL FROM:<s@b.example> SIZE=12\r\nRCPT TO:<1@d.example>\r\nRCPT TO:<2@d.example>\r\n"
            "DATA\r\n");
  EXPECT_EQ(reply("250 2.1.0 a\r\n250 2.1.5 b\r\n550 5.1.1 who\r\n354 c\r\n"),
            "A: b\r\n\r\n..x\r\n.\r\n");
  EXPECT_TRUE(harness->finished.empty());
  EXPECT_EQ(reply("250-2.6.0 taken\r\n250 2.6.0 as 4F5\r\n"), "");
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(harness->finished[0].id.value, 7U);
  EXPECT_EQ(result(0).code, 250);
  EXPECT_EQ(result(0).enhanced, "2.6.0");
  EXPECT_EQ(result(0).text, "taken\nas 4F5");
  EXPECT_EQ(harness->finished[0].results[0].next_hop, "next.example:25");
  EXPECT_EQ(harness->finished[0].results[0].address, "1@d.example");
  EXPECT_EQ(result(1).code, 550);
  EXPECT_EQ(result(1).enhanced, "5.1.1");
}

TEST_F(SmtpClientTest, WaitsForEachReplyWherePipeliningIsNotOffered) {
  submit(delivery({"1@d.example", "2@d.example"}));
  EXPECT_EQ(greet("250 n\r\n"), "MAIL FROM:<s@b.example>\r\n");
  EXPECT_EQ(reply("250 a\r\n"), "RCPT TO:<1@d.example>\r\n");
  EXPECT_EQ(reply("451 4.2.0 later\r\n"), "RCPT TO:<2@d.example>\r\n");
  EXPECT_EQ(reply("250 b\r\n"), "DATA\r\n");
  EXPECT_EQ(reply("354 c\r\n"), "A: b\r\n\r\n..x\r\n.\r\n");
  reply("250 ok\r\n");
  EXPECT_EQ(result(0).code, 451);
  EXPECT_EQ(result(1).code, 250);
  EXPECT_EQ(result(1).enhanced, "2.0.0");
}

TEST_F(SmtpClientTest, DoesNotCareHowRepliesAreCut) {
  const std::string script =
      "250-n\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 c\r\n250-d\r\n250 e\r\n";
  for (std::size_t cut = 1; cut < script.size(); ++cut) {
    SetUp();
    submit(delivery({"1@d.example"}));
    connect();
    reply("220-n\r\n220 n\r\n");
    reply(script.substr(0, cut));
    reply(script.substr(cut));
    ASSERT_EQ(harness->finished.size(), 1U) << cut;
    ASSERT_EQ(result(0).text, "d\ne") << cut;
  }
}

TEST_F(SmtpClientTest, FallsBackToHelo) {
  submit(delivery({"1@d.example"}));
  connect();
  reply("220 n\r\n");
  EXPECT_EQ(reply("502 what\r\n"), "HELO gate.example\r\n");
  EXPECT_EQ(reply("250-n\r\n250 PIPELINING\r\n"), "MAIL FROM:<s@b.example>\r\n");
}

TEST_F(SmtpClientTest, SendsParametersOnlyWhereOffered) {
  const auto make = [&] {
    Delivery made = delivery({"\xC3\xA4@d.example"});
    made.body = BodyType::EightBitMime;
    made.needs_smtputf8 = true;
    made.dsn_return = engine::DsnReturn::Full;
    made.dsn_id = "id+2B1";
    made.recipients[0].notify = {
        .is_default = false, .success = true, .failure = true, .delay = false};
    made.recipients[0].original = "rfc822;o@d.example";
    return made;
  };
  submit(make());
  EXPECT_EQ(greet(kEverything),
            "MAIL FROM:<s@b.example> SIZE=12 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=id+2B1\r\n"
            "RCPT TO:<\xC3\xA4@d.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;o@d.example\r\n"
            "DATA\r\n");
  SetUp();
  submit(make());
  EXPECT_EQ(greet("250-n\r\n250-8bitmime\r\n250-Pipelining\r\n250 SMTPUTF8\r\n"),
            "MAIL FROM:<s@b.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<\xC3\xA4@d.example>\r\n"
            "DATA\r\n");
}

TEST_F(SmtpClientTest, RefusesForGoodWhatTheNextHopCannotTake) {
  const auto refused = [&](std::string_view offers, auto change) {
    SetUp();
    Delivery made = delivery({"1@d.example"});
    change(made);
    submit(std::move(made));
    EXPECT_EQ(greet(offers), "");
    EXPECT_EQ(harness->finished.size(), 1U);
    EXPECT_TRUE(result(0).is_permanent());
    return result(0).enhanced;
  };
  EXPECT_EQ(refused("250 n\r\n", [](Delivery& d) { d.needs_smtputf8 = true; }), "5.6.7");
  EXPECT_EQ(refused("250 n\r\n", [](Delivery& d) { d.body = BodyType::EightBitMime; }), "5.6.3");
  EXPECT_EQ(
      refused("250-n\r\n250 CHUNKING\r\n", [](Delivery& d) { d.body = BodyType::BinaryMime; }),
      "5.6.3");
  EXPECT_EQ(refused("250-n\r\n250 SIZE 11\r\n", [](Delivery&) {}), "5.3.4");
  EXPECT_EQ(refused("250 n\r\n", [&](Delivery& d) { d.content = harness->chain("a\n.\r\n"); }),
            "5.6.11");
  EXPECT_EQ(refused("250 n\r\n", [](Delivery& d) { d.sender = "a\r\nRSET"; }), "5.1.7");
  EXPECT_EQ(refused("250 n\r\n", [](Delivery& d) { d.recipients[0].address = "a>@b\r\n"; }),
            "5.1.3");
  // A path with parameters, or with a route, is more than an address.
  for (const char* address : {"a@b> NOTIFY=NEVER", "a@b> \r\nRCPT TO:<c@d", "@e:a@b"}) {
    EXPECT_EQ(refused("250 n\r\n", [&](Delivery& d) { d.recipients[0].address = address; }),
              "5.1.3");
    EXPECT_EQ(refused("250 n\r\n", [&](Delivery& d) { d.sender = address; }), "5.1.7");
  }
  EXPECT_EQ(refused("250 n\r\n", [](Delivery& d) { d.recipients[0].address = "\xC3\xA4@b"; }),
            "5.6.7");
}

TEST_F(SmtpClientTest, TakesASizeOfZeroAsNoLimit) {
  submit(delivery({"1@d.example"}));
  EXPECT_THAT(greet("250-n\r\n250 SIZE 0\r\n"), HasSubstr("SIZE=12"));
  SetUp();
  submit(delivery({"1@d.example"}));
  EXPECT_THAT(greet("250-n\r\n250 SIZE 12\r\n"), HasSubstr("SIZE=12"));
}

TEST_F(SmtpClientTest, SendsBinaryContentInAChunk) {
  Delivery made = delivery({"1@d.example"});
  made.body = BodyType::BinaryMime;
  made.content = harness->chain("a\n.\r\nb");
  submit(std::move(made));
  EXPECT_EQ(greet(kEverything),
            "MAIL FROM:<s@b.example> SIZE=6 BODY=BINARYMIME\r\nRCPT TO:<1@d.example>\r\n");
  EXPECT_EQ(reply("250 a\r\n250 b\r\n"), "BDAT 6 LAST\r\na\n.\r\nb");
  reply("250 ok\r\n");
  EXPECT_EQ(result(0).code, 250);
}

TEST_F(SmtpClientTest, EndsALoneDataWithNothingInIt) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  EXPECT_EQ(reply("250 a\r\n550 no\r\n354 go\r\n"), ".\r\n");
  EXPECT_EQ(result(0).code, 550);
  submit(delivery({"2@d.example"}));
  EXPECT_EQ(connect_count(), 2U) << "The first connection still owes a reply";
  EXPECT_EQ(reply("554 no recipients\r\n"), "");
  EXPECT_FALSE(harness->transport.is_closed(hop));
}

TEST_F(SmtpClientTest, ResetsATransactionThatIsLeftOpen) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  EXPECT_EQ(reply("250 a\r\n550 no\r\n503 no\r\n"), "RSET\r\n");
  reply("250 ok\r\n");
  submit(delivery({"2@d.example"}));
  EXPECT_EQ(connect_count(), 1U);
  EXPECT_THAT(harness->transport.take_text(hop), HasSubstr("MAIL FROM"));
  // MAIL refused: nothing is open, and all that follows is refused as well.
  EXPECT_EQ(reply("450 4.7.1 slow\r\n503 a\r\n503 b\r\n"), "");
  EXPECT_EQ(result(0).code, 450);
  submit(delivery({"3@d.example"}));
  EXPECT_EQ(connect_count(), 1U);
}

TEST_F(SmtpClientTest, TakesTheReplyToDataForRecipientsThatWereTaken) {
  submit(delivery({"1@d.example", "2@d.example"}));
  greet(kEverything);
  EXPECT_EQ(reply("250 a\r\n250 b\r\n550 c\r\n452 4.3.1 full\r\n"), "RSET\r\n");
  EXPECT_EQ(result(0).code, 452);
  EXPECT_EQ(result(1).code, 550);
}

TEST_F(SmtpClientTest, UsesAConnectionAgainAndSaysGoodByeWhenIdle) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n");
  submit(delivery({"2@d.example"}));
  EXPECT_EQ(connect_count(), 1U);
  EXPECT_EQ(harness->service->counters().connections_reused, 1U);
  harness->transport.take_text(hop);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n");
  EXPECT_EQ(harness->finished.size(), 2U);
  harness->pass(std::chrono::seconds(30));
  EXPECT_EQ(harness->transport.take_text(hop), "QUIT\r\n");
  reply("221 bye\r\n");
  EXPECT_TRUE(harness->transport.is_closed(hop));
  EXPECT_EQ(harness->service->counters().next_hops_open, 0U);
}

TEST_F(SmtpClientTest, OpensNoMoreConnectionsThanTheRouteAllows) {
  MailServiceSettings settings = plain_settings();
  settings.routes[0].connections_max = 2;
  start(settings);
  for (int i = 0; i < 3; ++i) submit(delivery({"1@d.example"}));
  EXPECT_EQ(connect_count(), 2U);
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  EXPECT_THAT(reply("250 ok\r\n"), HasSubstr("MAIL FROM"));
  EXPECT_EQ(connect_count(), 2U);
}

TEST_F(SmtpClientTest, AnswersEachRecipientFromLmtp) {
  MailServiceSettings settings = plain_settings();
  settings.routes[0].speaks_lmtp = true;
  start(settings);
  submit(delivery({"1@d.example", "2@d.example", "3@d.example"}));
  connect();
  EXPECT_EQ(reply("220 n\r\n"), "LHLO gate.example\r\n");
  reply(kEverything);
  EXPECT_THAT(reply("250 a\r\n250 b\r\n550 c\r\n250 d\r\n354 e\r\n"), HasSubstr("A: b"));
  reply("250 one\r\n");
  EXPECT_TRUE(harness->finished.empty());
  reply("452 4.2.2 full\r\n");
  EXPECT_EQ(result(0).text, "one");
  EXPECT_EQ(result(1).code, 550);
  EXPECT_EQ(result(2).code, 452);

  submit(delivery({"1@d.example", "2@d.example"}));
  harness->transport.take_text(hop);
  reply("250 a\r\n250 b\r\n250 b\r\n354 e\r\n");
  reply("250 one\r\n");
  harness->transport.lose(hop, ECONNRESET);
  harness->run();
  EXPECT_EQ(result(0).code, 250);
  EXPECT_EQ(result(1).enhanced, "4.4.2");
}

TEST_F(SmtpClientTest, PassesXforwardOnWhereTheRouteSaysSo) {
  MailServiceSettings settings = plain_settings();
  settings.routes[0].sends_xforward = true;
  start(settings);
  Delivery made = delivery({"1@d.example"});
  made.forwarded = {
      .name = "a b", .address = "2001:db8::1", .helo = "", .protocol = "ESMTP", .identity = "4F5"};
  submit(std::move(made));
  EXPECT_THAT(greet(kEverything),
              testing::StartsWith("XFORWARD NAME=a+20b ADDR=IPV6:2001:db8::1 PROTO=ESMTP "
                                  "HELO=[UNAVAILABLE] IDENT=4F5\r\nMAIL FROM"));
  EXPECT_THAT(reply("501 no\r\n250 a\r\n250 b\r\n354 c\r\n"), HasSubstr("A: b"));
}

// ---- Failures: where the connection is lost, and what becomes of the job ----

TEST_F(SmtpClientTest, TriesTheNextEndpointWhereTheFirstCannotBeReached) {
  MailServiceSettings settings = plain_settings();
  two_endpoints(settings);
  start(settings);
  submit(delivery({"1@d.example"}));
  harness->transport.lose(harness->transport.connects[0].first, ECONNREFUSED);
  harness->run();
  ASSERT_EQ(connect_count(), 2U);
  EXPECT_EQ(harness->transport.connects[1].second.port, 26);
  harness->transport.lose(harness->transport.connects[1].first, EHOSTUNREACH);
  harness->run();
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result(0).code, 451);
  EXPECT_EQ(result(0).enhanced, "4.4.1");
  EXPECT_THAT(result(0).text, HasSubstr("no network route"));
  EXPECT_EQ(harness->service->counters().connects_failed, 2U);

  // Neither is tried again for a while: a dead next hop must not cost each message a timeout.
  submit(delivery({"1@d.example"}));
  EXPECT_EQ(connect_count(), 2U);
  EXPECT_EQ(harness->finished.size(), 2U);
  harness->pass(NextHop::kEndpointPause);
  submit(delivery({"1@d.example"}));
  EXPECT_EQ(connect_count(), 3U);
}

TEST_F(SmtpClientTest, TriesTheNextEndpointUntilContentWasHandedOver) {
  // What the first endpoint says before the connection is lost.
  const std::vector<std::vector<std::string>> before_content = {
      {},
      {"220 n\r\n"},
      {"220 n\r\n", kEverything},
      {"220 n\r\n", kEverything, "250 a\r\n"},
      {"220 n\r\n", kEverything, "250 a\r\n250 b\r\n"}};
  for (const auto& replies : before_content) {
    MailServiceSettings settings = plain_settings();
    two_endpoints(settings);
    start(settings);
    submit(delivery({"1@d.example"}));
    connect();
    for (const std::string& text : replies) reply(text);
    harness->transport.lose(hop, ECONNRESET);
    harness->run();
    EXPECT_TRUE(harness->finished.empty());
    ASSERT_EQ(connect_count(), 2U) << replies.size();
    greet(kEverything);
    reply("250 a\r\n250 b\r\n354 c\r\n");
    reply("250 ok\r\n");
    ASSERT_EQ(harness->finished.size(), 1U);
    EXPECT_EQ(result(0).code, 250);
  }
}

TEST_F(SmtpClientTest, DoesNotTryAgainWhatMayHaveBeenTaken) {
  MailServiceSettings settings = plain_settings();
  two_endpoints(settings);
  start(settings);
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  harness->transport.lose(hop, ECONNRESET);
  harness->run();
  EXPECT_EQ(connect_count(), 1U);
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result(0).code, 451);
  EXPECT_EQ(result(0).enhanced, "4.4.2");
  EXPECT_EQ(harness->service->counters().deliveries_unknown, 1U);
}

TEST_F(SmtpClientTest, SendsNoRestOfAMessageThatWasRefusedHalfway) {
  submit(delivery({"1@d.example"}));
  greet("250-n\r\n250 PIPELINING\r\n");
  harness->transport.holds_sent = true;
  reply("250 a\r\n250 b\r\n354 go\r\n");
  // Where the next hop no longer reads content, what is left of it would be commands.
  reply("552 too big\r\n");
  EXPECT_EQ(result(0).code, 552);
  EXPECT_TRUE(harness->transport.is_aborted(hop));
}

TEST_F(SmtpClientTest, TakesAnEndpointThatGreetsWithARefusalForUnreachable) {
  for (const char* greeting : {"554 no\r\n", "421 busy\r\n", "hello\r\n", "220\x01\r\n"}) {
    SetUp();
    submit(delivery({"1@d.example"}));
    connect();
    reply(greeting);
    ASSERT_EQ(harness->finished.size(), 1U) << greeting;
    EXPECT_EQ(result(0).code, 451);
    EXPECT_TRUE(harness->transport.is_closed(hop));
  }
}

// 421 to one sender's transaction says nothing about the others' mail.
TEST_F(SmtpClientTest, DoesNotTakeAnEndpointThatClosesOnOneMessageForUnreachable) {
  submit(delivery({"1@d.example"}));
  greet("250 n\r\n");
  reply("421 not from you\r\n");
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result(0).code, 451);
  submit(delivery({"2@d.example"}));
  EXPECT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(connect_count(), 2U);
}

TEST_F(SmtpClientTest, TimesOutAtEachStep) {
  submit(delivery({"1@d.example"}));
  harness->pass(std::chrono::seconds(30));
  EXPECT_EQ(result(0).enhanced, "4.4.1");
  const std::vector<std::string> steps = {"220 n\r\n", kEverything, "250 a\r\n250 b\r\n"};
  for (std::size_t count = 0; count <= steps.size(); ++count) {
    SetUp();
    submit(delivery({"1@d.example"}));
    connect();
    for (std::size_t i = 0; i < count; ++i) reply(steps[i]);
    harness->pass(std::chrono::minutes(5) - std::chrono::seconds(1));
    EXPECT_TRUE(harness->finished.empty());
    harness->pass(std::chrono::seconds(1));
    ASSERT_EQ(harness->finished.size(), 1U) << count;
    EXPECT_EQ(result(0).enhanced, "4.4.2");
    EXPECT_TRUE(harness->transport.is_aborted(hop));
  }
  SetUp();
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  harness->pass(std::chrono::minutes(10) - std::chrono::seconds(1));
  EXPECT_TRUE(harness->finished.empty());
  harness->pass(std::chrono::seconds(1));
  EXPECT_EQ(result(0).enhanced, "4.4.2");
}

TEST_F(SmtpClientTest, BeginsAnewWhereAnIdleConnectionHasGoneStale) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n");
  submit(delivery({"2@d.example"}));
  EXPECT_THAT(harness->transport.take_text(hop), HasSubstr("RCPT TO:<2@d.example>"));
  EXPECT_EQ(reply("421 4.4.2 idle too long\r\n"), "");
  ASSERT_EQ(connect_count(), 2U);
  EXPECT_EQ(harness->finished.size(), 1U);
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n");
  EXPECT_EQ(result(0).code, 250);
}

TEST_F(SmtpClientTest, ClosesAnIdleConnectionThatSpeaks) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n421 bye\r\n");
  EXPECT_EQ(result(0).code, 250);
  EXPECT_TRUE(harness->transport.is_closed(hop));
  EXPECT_EQ(harness->service->counters().next_hops_open, 0U);
}

TEST_F(SmtpClientTest, SurvivesRepliesThatAreNotSmtp) {
  std::string endless;
  for (std::size_t i = 0; i <= kReplyLinesMax; ++i) endless += "250-x\r\n";
  for (const std::string& bad :
       {std::string("25 x\r\n"), std::string("250-a\r\n251 b\r\n"), std::string("abc\r\n"),
        std::string("650 x\r\n"), std::string("250x\r\n"), std::string("150 x\r\n"), endless,
        "250 " + std::string(SmtpClient::kReplyLineBytesMax, 'x') + "\r\n"}) {
    SetUp();
    submit(delivery({"1@d.example"}));
    greet(kEverything);
    reply(bad);
    ASSERT_EQ(harness->finished.size(), 1U) << bad.substr(0, 20);
    EXPECT_EQ(result(0).enhanced, "4.5.0");
    EXPECT_TRUE(harness->transport.is_aborted(hop));
  }
}

TEST_F(SmtpClientTest, TakesRepliesOutOfPlaceForABrokenServer) {
  for (const char* bad : {"354 a\r\n", "250 a\r\n354 b\r\n", "250 a\r\n250 b\r\n250 c\r\n"}) {
    SetUp();
    submit(delivery({"1@d.example"}));
    greet(kEverything);
    EXPECT_THAT(reply(bad), Not(HasSubstr("A: b")));
    ASSERT_EQ(harness->finished.size(), 1U) << bad;
    EXPECT_EQ(result(0).code, 451);
  }
}

TEST_F(SmtpClientTest, CleansTheTextOfReplies) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  reply(std::string("550 5.1.1 a\x1B[2J\0\xFF\xC3\xA4\r\n", 21) + "550 b\r\n503 c\r\n");
  EXPECT_EQ(result(0).text, "a?[2J??\xC3\xA4");
}

// ---- Routes ----

TEST_F(SmtpClientTest, PartsADeliveryByRouteAndPutsItsResultsTogether) {
  MailServiceSettings settings = plain_settings();
  settings.routes[0].domains = {"one.example"};
  settings.routes.push_back(settings.routes[0]);
  settings.routes[1].domains = {".two.example"};
  settings.routes[1].name = "second:26";
  start(settings);
  submit(delivery({"1@x.two.example", "2@ONE.example", "3@two.example", "4@y.two.example"}));
  ASSERT_EQ(connect_count(), 2U);
  connect();
  reply("220 n\r\n");
  EXPECT_THAT(reply(kEverything), HasSubstr("RCPT TO:<1@x.two.example>\r\nRCPT TO:<4@y."));
  reply("250 a\r\n250 b\r\n550 c\r\n354 d\r\n");
  reply("250 second\r\n");
  EXPECT_TRUE(harness->finished.empty());
  hop = harness->transport.connects[0].first;
  harness->transport.complete_connect(hop);
  reply("220 n\r\n");
  EXPECT_THAT(reply(kEverything), HasSubstr("RCPT TO:<2@ONE.example>"));
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 first\r\n");
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result(0).text, "second");
  EXPECT_EQ(harness->finished[0].results[0].next_hop, "second:26");
  EXPECT_EQ(result(1).text, "first");
  EXPECT_EQ(result(2).code, 550);
  EXPECT_EQ(result(2).enhanced, "5.1.2");
  EXPECT_THAT(result(2).text, HasSubstr("two.example"));
  EXPECT_EQ(result(3).code, 550);
}

TEST_F(SmtpClientTest, AnswersAtOnceWhereNoRecipientHasARoute) {
  MailServiceSettings settings = plain_settings();
  settings.routes.clear();
  start(settings);
  submit(delivery({"1@d.example"}));
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result(0).enhanced, "5.1.2");
}

TEST_F(SmtpClientTest, ClosesIdleConnectionsWhileDraining) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  harness->service->begin_drain(harness->now);
  reply("250 a\r\n250 b\r\n354 c\r\n");
  EXPECT_EQ(reply("250 ok\r\n"), "QUIT\r\n");
  EXPECT_EQ(harness->finished.size(), 1U);
  reply("221 bye\r\n");
  EXPECT_TRUE(harness->service->is_drained());
}

TEST_F(SmtpClientTest, KeepsJobsWaitingWhereANextHopTakesNoMoreConnections) {
  submit(delivery({"1@d.example"}));
  greet(kEverything);
  const ConnectionId first = hop;
  submit(delivery({"2@d.example"}));
  connect();
  reply("421 4.7.0 too many connections\r\n");
  EXPECT_TRUE(harness->finished.empty());
  hop = first;
  reply("250 a\r\n250 b\r\n354 c\r\n");
  EXPECT_THAT(reply("250 ok\r\n"), HasSubstr("RCPT TO:<2@d.example>"));
}

TEST_F(SmtpClientTest, CopiesNoContentOnItsWayThrough) {
  Delivery made = delivery({"1@d.example"});
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += ".line\r\n";
  made.content = harness->chain(text);
  submit(std::move(made));
  greet("250-n\r\n250 PIPELINING\r\n");
  const std::uint64_t before = copied_bytes();
  harness->transport.deliver(hop, "250 a\r\n250 b\r\n354 c\r\n");
  harness->run();
  EXPECT_EQ(copied_bytes(), before);
  EXPECT_EQ(harness->transport.take_text(hop).size(), text.size() + 20'000 + 3);
}

}  // namespace
}  // namespace sealgate::netio
