// SPDX-License-Identifier: Apache-2.0
//
// STARTTLS towards next hops: nothing of a message that asks for TLS goes over less.
#include <cstdio>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "netio/smtp/mail_harness.h"
#include "netio/smtp/smtp_client.h"
#include "netio/tls/tls_test_server.h"

namespace sealgate::netio {
namespace {

using engine::Delivery;
using engine::TlsNeed;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOffers = "250-n\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
constexpr const char* kOffersInside = "250-n\r\n250 PIPELINING\r\n";

class SmtpClientTls : public testing::Test {
 protected:
  void SetUp() override { start(RouteTls::Opportunistic); }
  void start(RouteTls tls) {
    MailServiceSettings settings = plain_settings();
    settings.routes[0].tls = tls;
    settings.routes[0].tls_ca_file = ca_file();
    server.write_authority(settings.routes[0].tls_ca_file);
    harness = std::make_unique<MailHarness>(std::move(settings));
    server.begin();
  }
  void TearDown() override { std::remove(ca_file().c_str()); }
  // Tests run at the same time, each in a process of its own.
  static std::string ca_file() {
    return testing::TempDir() + "smtp_client_tls_test_ca_" + std::to_string(getpid()) + ".pem";
  }
  void submit(TlsNeed need) { submit(need, harness->chain("A: b\r\n\r\nx\r\n")); }
  void submit(TlsNeed need, Chain content) {
    Delivery made;
    made.sender = "s@b.example";
    made.recipients.push_back({.address = "1@d.example", .notify = {}, .original = {}});
    made.content = std::move(content);
    made.tls = need;
    harness->submit(std::move(made));
  }
  std::string reply(std::string_view text) {
    harness->transport.deliver(hop, text);
    harness->run();
    return harness->transport.take_text(hop);
  }
  std::string greet(std::string_view offers) {
    hop = harness->transport.connects.back().first;
    harness->transport.complete_connect(hop);
    reply("220 n\r\n");
    return reply(offers);
  }
  // Lets TLS settle; what was said inside is in server.plaintext.
  void exchange(std::string sent) {
    for (int i = 0; i < 100 && !sent.empty(); ++i) {
      const std::string answer = server.take(sent);
      sent = answer.empty() ? harness->transport.take_text(hop) : reply(answer);
    }
  }
  std::string secured(std::string_view text) {
    server.plaintext.clear();
    exchange(reply(server.send(text)));
    return server.plaintext;
  }
  const engine::Reply& result() { return harness->finished.back().results.at(0).reply; }

  TlsTestServer server{"DNS:next.example"};
  std::unique_ptr<MailHarness> harness;
  ConnectionId hop;
};

TEST_F(SmtpClientTls, GoesOverTlsWhereItIsOffered) {
  for (const auto& [tls, need] : {std::pair(RouteTls::Opportunistic, TlsNeed::AsRouted),
                                  {RouteTls::None, TlsNeed::Required},
                                  {RouteTls::Required, TlsNeed::AsRouted},
                                  {RouteTls::Verified, TlsNeed::AsRouted},
                                  {RouteTls::None, TlsNeed::Verified}}) {
    start(tls);
    submit(need);
    EXPECT_EQ(greet(kOffers), "STARTTLS\r\n");
    exchange(reply("220 go\r\n"));
    ASSERT_EQ(server.plaintext, "EHLO gate.example\r\n");
    EXPECT_EQ(secured(kOffersInside),
              "MAIL FROM:<s@b.example>\r\nRCPT TO:<1@d.example>\r\nDATA\r\n");
    EXPECT_EQ(secured("250 a\r\n250 b\r\n354 c\r\n"), "A: b\r\n\r\nx\r\n.\r\n");
    secured("250 ok\r\n");
    ASSERT_EQ(harness->finished.size(), 1U);
    EXPECT_EQ(result().code, 250);
    EXPECT_EQ(harness->service->counters().tls_opened, 1U);
  }
}

TEST_F(SmtpClientTls, GoesInClearOnlyWhereTlsIsNotAskedFor) {
  submit(TlsNeed::AsRouted);
  EXPECT_THAT(greet(kOffersInside), HasSubstr("MAIL FROM"));
  start(RouteTls::None);
  submit(TlsNeed::AsRouted);
  EXPECT_THAT(greet(kOffers), HasSubstr("MAIL FROM"));
  for (const auto& [tls, need] : {std::pair(RouteTls::Opportunistic, TlsNeed::Required),
                                  {RouteTls::None, TlsNeed::Verified},
                                  {RouteTls::Required, TlsNeed::AsRouted},
                                  {RouteTls::Verified, TlsNeed::AsRouted}}) {
    start(tls);
    submit(need);
    EXPECT_EQ(greet(kOffersInside), "");
    ASSERT_EQ(harness->finished.size(), 1U);
    EXPECT_EQ(result().code, 451);
    EXPECT_EQ(result().enhanced, "4.7.4");
    EXPECT_THAT(result().text, HasSubstr("does not offer STARTTLS"));
    EXPECT_TRUE(harness->transport.is_closed(hop));
  }
}

TEST_F(SmtpClientTls, DoesNotReuseAConnectionThatIsLessSecure) {
  submit(TlsNeed::AsRouted);
  EXPECT_THAT(greet(kOffersInside), HasSubstr("MAIL FROM"));
  reply("250 a\r\n250 b\r\n354 c\r\n");
  reply("250 ok\r\n");
  submit(TlsNeed::Required);
  EXPECT_EQ(harness->transport.connects.size(), 2U);
  EXPECT_EQ(greet(kOffers), "STARTTLS\r\n");
  exchange(reply("220 go\r\n"));
  secured(kOffersInside);
  secured("250 a\r\n250 b\r\n354 c\r\n");
  secured("250 ok\r\n");
  EXPECT_EQ(harness->finished.size(), 2U);
  submit(TlsNeed::Verified);
  EXPECT_EQ(harness->transport.connects.size(), 3U);
}

TEST_F(SmtpClientTls, RefusesACertificateForAnotherNameWhereItMustVerify) {
  server = TlsTestServer("DNS:evil.example");
  start(RouteTls::Verified);
  submit(TlsNeed::AsRouted);
  greet(kOffers);
  exchange(reply("220 go\r\n"));
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result().code, 451);
  EXPECT_EQ(result().enhanced, "4.7.5");
  EXPECT_EQ(server.plaintext, "");
  EXPECT_EQ(harness->service->counters().tls_failed, 1U);
}

TEST_F(SmtpClientTls, TakesTextBehindTheReplyToStarttlsForAnAttack) {
  submit(TlsNeed::Required);
  greet(kOffers);
  reply("220 go\r\n250-evil\r\n250 PIPELINING\r\n");
  ASSERT_EQ(harness->finished.size(), 1U);
  EXPECT_EQ(result().code, 451);
  EXPECT_TRUE(harness->transport.is_aborted(hop));
}

TEST_F(SmtpClientTls, ForgetsWhatWasOfferedInClear) {
  submit(TlsNeed::Required);
  greet("250-n\r\n250-PIPELINING\r\n250-SIZE\r\n250 STARTTLS\r\n");
  exchange(reply("220 go\r\n"));
  EXPECT_EQ(secured("250 n\r\n"), "MAIL FROM:<s@b.example>\r\n");
}

TEST_F(SmtpClientTls, TriesInClearAfterAFailedHandshakeWhereTlsIsOptional) {
  submit(TlsNeed::AsRouted);
  greet(kOffers);
  reply("220 go\r\n");
  reply("garbage that is not TLS");
  ASSERT_EQ(harness->transport.connects.size(), 2U);
  EXPECT_THAT(greet(kOffers), HasSubstr("MAIL FROM"));

  start(RouteTls::Required);
  submit(TlsNeed::AsRouted);
  greet(kOffers);
  reply("220 go\r\n");
  reply("garbage that is not TLS");
  EXPECT_EQ(harness->transport.connects.size(), 1U);
  EXPECT_EQ(result().enhanced, "4.7.5");
}

TEST_F(SmtpClientTls, HonoursARefusalOfStarttls) {
  submit(TlsNeed::AsRouted);
  greet(kOffers);
  EXPECT_THAT(reply("454 4.7.0 not now\r\n"), HasSubstr("MAIL FROM"));
  start(RouteTls::Required);
  submit(TlsNeed::AsRouted);
  greet(kOffers);
  EXPECT_EQ(reply("454 4.7.0 not now\r\n"), "");
  EXPECT_EQ(result().enhanced, "4.7.4");
}

TEST_F(SmtpClientTls, EncryptsABigMessagePieceByPiece) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "0123456789012345678901234567890123456789\r\n";
  submit(TlsNeed::Required, harness->chain(text));
  greet(kOffers);
  exchange(reply("220 go\r\n"));
  secured(kOffersInside);
  harness->transport.holds_sent = true;
  server.plaintext.clear();
  std::string sent = reply(server.send("250 a\r\n250 b\r\n354 c\r\n"));
  EXPECT_LT(sent.size(), SmtpClient::kTlsAheadBytesMax + 20'000);
  for (int i = 0; i < 100 && !sent.empty(); ++i) {
    server.take(sent);
    harness->transport.report_sent(hop);
    harness->run();
    sent = harness->transport.take_text(hop);
  }
  EXPECT_EQ(server.plaintext, text + ".\r\n");
  reply(server.send("250 ok\r\n"));
  EXPECT_EQ(result().code, 250);
}

}  // namespace
}  // namespace sealgate::netio
