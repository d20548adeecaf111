// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/smtp_server.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "netio/smtp/mail_harness.h"

namespace sealgate::netio {
namespace {

using engine::BodyType;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kClient = "192.0.2.1";
const engine::Reply kOk{.code = 250, .enhanced = "2.0.0", .text = "Taken"};

class SmtpServerTest : public testing::Test {
 protected:
  void start(MailServiceSettings settings) {
    harness = std::make_unique<MailHarness>(std::move(settings));
    client = harness->connect_client(kClient);
    greeting = harness->transport.take_text(client);
  }
  void SetUp() override { start(plain_settings()); }
  std::string talk(std::string_view text) { return harness->talk(client, text); }
  void begin_data() {
    talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    EXPECT_THAT(talk("DATA\r\n"), StartsWith("354 "));
  }
  MailHarness::Message& last() { return harness->messages.back(); }

  std::unique_ptr<MailHarness> harness;
  ConnectionId client;
  std::string greeting;
};

TEST_F(SmtpServerTest, GreetsAndOffersWhatItCanDo) {
  EXPECT_EQ(greeting, "220 gate.example ESMTP Sealgate\r\n");
  EXPECT_EQ(talk("EHLO c.example\r\n"),
            "250-gate.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n"
            "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250-CHUNKING\r\n"
            "250 BINARYMIME\r\n");
  EXPECT_EQ(talk("HELO c.example\r\n"), "250 gate.example\r\n");
}

// What has to be kept of content must not be many times the content.
TEST_F(SmtpServerTest, KeepsContentThatComesInTinyPiecesTogether) {
  harness->keeps_content = false;
  std::string lines;
  std::string unstuffed;
  for (int i = 0; i < 5000; ++i) {
    lines += "..\r\n";
    unstuffed += ".\r\n";
  }
  begin_data();
  talk(lines + ".\r\n");
  EXPECT_EQ(last().chain.text(0, last().chain.size()), unstuffed);
  EXPECT_LE(last().chain.slices().size(), 20U);
  harness->answer(last().id, {kOk});

  std::string chunks = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
  for (int i = 0; i < 1000; ++i) chunks += "BDAT 1\r\nx";
  talk(chunks + "BDAT 0 LAST\r\n");
  EXPECT_EQ(last().chain.text(0, last().chain.size()), std::string(1000, 'x'));
  EXPECT_LE(last().chain.slices().size(), 20U);
}

TEST_F(SmtpServerTest, GivesTheEngineEnvelopeAndContentAndTheClientItsAnswer) {
  talk("EHLO c.example\r\n");
  EXPECT_EQ(talk("MAIL FROM:<a@b.example> SIZE=9 BODY=8BITMIME RET=HDRS ENVID=x+2By\r\n"
                 "RCPT TO:<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@d.example\r\n"
                 "RCPT TO:<\"e f\"@[192.0.2.9]>\r\nDATA\r\n"),
            "250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n250 2.1.5 Recipient ok\r\n"
            "354 End with CR LF . CR LF\r\n");
  EXPECT_EQ(talk("A: b\r\n\r\n..x\r\n.\r\n"), "");
  ASSERT_EQ(harness->messages.size(), 1U);
  EXPECT_TRUE(last().has_ended);
  EXPECT_EQ(last().content, "A: b\r\n\r\n.x\r\n");
  const engine::Envelope& envelope = last().envelope;
  EXPECT_EQ(envelope.sender, "a@b.example");
  EXPECT_EQ(envelope.client_address, kClient);
  EXPECT_EQ(envelope.client_helo, "c.example");
  EXPECT_TRUE(envelope.is_extended);
  EXPECT_EQ(envelope.body, BodyType::EightBitMime);
  EXPECT_EQ(envelope.dsn_return, engine::DsnReturn::Headers);
  EXPECT_EQ(envelope.dsn_id, "x+2By");
  ASSERT_EQ(envelope.recipients.size(), 2U);
  EXPECT_EQ(envelope.recipients[0].original, "rfc822;c@d.example");
  EXPECT_TRUE(envelope.recipients[0].notify.success);
  EXPECT_FALSE(envelope.recipients[0].notify.failure);
  EXPECT_EQ(envelope.recipients[1].address, "\"e f\"@[192.0.2.9]");
  harness->answer(last().id, {kOk});
  EXPECT_EQ(harness->transport.take_text(client), "250 2.0.0 Taken\r\n");
  EXPECT_EQ(talk("QUIT\r\n"), "221 2.0.0 Bye\r\n");
  EXPECT_TRUE(harness->transport.is_closed(client));
  EXPECT_EQ(harness->service->counters().messages_open, 0U);
}

TEST_F(SmtpServerTest, PutsTheShardIntoTheTopOfMessageIds) {
  MailServiceSettings settings = plain_settings();
  settings.shard = 5;
  start(settings);
  begin_data();
  EXPECT_EQ(last().id.value >> 48U, 5U);
}

// Feeds one whole exchange cut at every place, and byte by byte.
struct Seen {
  std::string replies;
  std::string content;
  bool operator==(const Seen&) const = default;
};

Seen play(const std::vector<std::string>& pieces) {
  MailHarness harness(plain_settings());
  const ConnectionId client = harness.connect_client("192.0.2.7");
  Seen seen;
  for (const std::string& piece : pieces) {
    harness.transport.deliver(client, piece);
    harness.run();
    // An answer lets the next message of the same piece end.
    for (std::size_t i = 0; i < harness.messages.size(); ++i) {
      MailHarness::Message& message = harness.messages[i];
      if (!message.has_ended || message.is_abandoned) continue;
      message.is_abandoned = true;  // Marks it as answered.
      harness.answer(message.id, {kOk});
    }
    seen.replies += harness.transport.take_text(client);
  }
  for (const auto& message : harness.messages) {
    seen.content += message.envelope.sender + ">" + message.envelope.forwarded.name + "{" +
                    message.content + "}";
  }
  return seen;
}

TEST(SmtpServerSplits, SeesTheSameHoweverTheBytesAreCut) {
  const std::string script =
      "EHLO c.example\r\nXFORWARD NAME=n.example ADDR=203.0.113.5\r\nMAIL FROM:<a@b.example>\r\n"
      "RCPT TO:<c@d.example>\r\nDATA\r\nA: b\r\n\r\n.\r.\n..\r\n.\r\n"  // Bare CR and LF: refused.
      "MAIL FROM:<b@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
      "A: b\r\n\r\n..dots\r\n...\r\n.\r\n"
      "nonsense\r\nNOOP\n"
      "MAIL FROM:<c@b.example> BODY=BINARYMIME\r\nRCPT TO:<c@d.example>\r\n"
      "BDAT 5\r\n\r\n.\r\nBDAT 4 LAST\r\n\n.\r\nQUIT\r\n";
  const Seen whole = play({script});
  EXPECT_THAT(whole.replies, HasSubstr("550 5.6.11 "));
  EXPECT_THAT(whole.replies, HasSubstr("221 2.0.0 Bye"));
  EXPECT_THAT(whole.content, HasSubstr("b@b.example>{A: b\r\n\r\n.dots\r\n..\r\n}"));
  EXPECT_THAT(whole.content, HasSubstr("c@b.example>{\r\n.\r\n\n.\r\n}"));
  std::string without_malformed = whole.content.substr(whole.content.find("b@b.example"));
  for (std::size_t cut = 1; cut < script.size(); ++cut) {
    const Seen two = play({script.substr(0, cut), script.substr(cut)});
    ASSERT_EQ(two.replies, whole.replies) << cut;
    ASSERT_THAT(two.content, HasSubstr(without_malformed)) << cut;
  }
  std::vector<std::string> bytes;
  for (const char byte : script) bytes.emplace_back(1, byte);
  const Seen single = play(bytes);
  EXPECT_EQ(single.replies, whole.replies);
  EXPECT_THAT(single.content, HasSubstr(without_malformed));
}

TEST_F(SmtpServerTest, EndsContentAtNothingButCrLfDotCrLf) {
  // The sequences that some server somewhere has taken for the end (SMTP smuggling, 2023).
  const std::vector<std::string> sequences = {"\n.\n",
                                              "\n.\r\n",
                                              "\r\n.\n",
                                              "\r.\r",
                                              "\r.\r\n",
                                              "\r\n.\r",
                                              "\n.\r",
                                              "\r.\n",
                                              "\r\n.\r\r\n",
                                              "\r\r\n.\r\n\r",
                                              std::string("\r\n\0.\r\n", 6),
                                              std::string("\r\n.\0\r\n", 6),
                                              "\n\n.\r\n",
                                              "\r\n.\r\n\n"};
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    SetUp();
    begin_data();
    talk("Subject: outer\r\n\r\nouter" + sequences[i] +
         "MAIL FROM:<evil@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
         "Subject: inner\r\n\r\ninner\r\n\r\n.\r\n");
    for (const auto& message : harness->messages) {
      EXPECT_NE(message.envelope.sender, "evil@b.example") << i;
    }
  }
}

TEST_F(SmtpServerTest, RefusesContentWithBareLineEndsAtItsTrueEnd) {
  for (const std::string bad : {"x\ny", "x\ry", "\n.\n", "\n.\r\nMAIL FROM:<e@f.example>", "x\r"}) {
    SetUp();
    begin_data();
    EXPECT_EQ(talk("A: b\r\n\r\n" + bad), "") << bad;
    EXPECT_THAT(talk("\r\n.\r\n"), StartsWith("550 5.6.11 "));
    EXPECT_TRUE(last().is_abandoned);
    EXPECT_FALSE(last().has_ended);
    EXPECT_EQ(harness->service->counters().messages_refused_bare_line_end, 1U);
    EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("250 "));
  }
}

TEST_F(SmtpServerTest, TakesAnEmptyMessageAndLongLines) {
  begin_data();
  talk(".\r\n");
  EXPECT_TRUE(last().has_ended);
  EXPECT_EQ(last().content, "");
  harness->answer(last().id, {kOk});
  talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
  talk(std::string(200'000, 'x') + "\r\n.\r\n");
  EXPECT_TRUE(last().has_ended);
  EXPECT_EQ(last().content.size(), 200'002U);
}

TEST_F(SmtpServerTest, HoldsBothSidesOfTheMessageSize) {
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].message_bytes_max = 10;
  start(settings);
  talk("EHLO c.example\r\n");
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> SIZE=11\r\n"), StartsWith("552 5.3.4 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> SIZE=99999999999999999999\r\n"),
              StartsWith("552 5.3.4 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> SIZE=10\r\n"), StartsWith("250 "));
  talk("RCPT TO:<c@d.example>\r\nDATA\r\n");
  EXPECT_EQ(talk("..345678\r\n\r\n.\r\n"), "552 5.3.4 The message is too big\r\n");
  EXPECT_TRUE(last().is_abandoned);
  talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
  EXPECT_EQ(talk("..3456789\r\n.\r\n"), "");
  EXPECT_TRUE(last().has_ended);
}

TEST_F(SmtpServerTest, RelaysForConfiguredNetworksOnly) {
  for (const auto& [address, code] : {std::pair("192.0.2.255", "250 "),
                                      {"192.0.3.1", "550 5.7.1"},
                                      {"::ffff:192.0.2.1", "250 "},
                                      {"2001:db8::1", "550 5.7.1"}}) {
    client = harness->connect_client(address);
    harness->transport.take_text(client);
    talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    EXPECT_THAT(talk("RCPT TO:<c@d.example>\r\n"), StartsWith(code)) << address;
  }
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].relay_networks.clear();
  start(settings);
  talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
  EXPECT_THAT(talk("RCPT TO:<c@d.example>\r\n"), StartsWith("550 5.7.1 "));
  EXPECT_EQ(talk("DATA\r\n"), "554 5.5.1 No valid recipients\r\n");
  EXPECT_EQ(harness->service->counters().relays_refused, 1U);
}

TEST_F(SmtpServerTest, KeepsTheOrderOfCommands) {
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("503 5.5.1 Say EHLO"));
  talk("EHLO c.example\r\n");
  EXPECT_THAT(talk("RCPT TO:<c@d.example>\r\n"), StartsWith("503 5.5.1 Say MAIL"));
  EXPECT_THAT(talk("DATA\r\n"), StartsWith("503 5.5.1 Say MAIL"));
  talk("MAIL FROM:<>\r\n");
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("503 5.5.1 The sender"));
  EXPECT_THAT(talk("DATA\r\n"), StartsWith("503 5.5.1 Say RCPT"));
  EXPECT_THAT(talk("RSET\r\n"), StartsWith("250 2.0.0"));
  EXPECT_THAT(talk("RCPT TO:<c@d.example>\r\n"), StartsWith("503 5.5.1 Say MAIL"));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\nEHLO c.example\r\nDATA\r\n"), HasSubstr("503 "));
  EXPECT_TRUE(harness->messages.empty());
}

TEST_F(SmtpServerTest, AnswersEveryOtherCommand) {
  EXPECT_EQ(talk("NOOP anything\r\n"), "250 2.0.0 Ok\r\n");
  EXPECT_THAT(talk("VRFY a\r\n"), StartsWith("252 2.1.5 "));
  EXPECT_THAT(talk("VRFY\r\n"), StartsWith("501 "));
  EXPECT_THAT(talk("HELP\r\n"), StartsWith("214 "));
  EXPECT_THAT(talk("EXPN x\r\n"), StartsWith("502 5.5.1 "));
  EXPECT_THAT(talk("STARTTLS\r\n"), StartsWith("502 5.5.1 "));
  EXPECT_THAT(talk("FOO\r\n"), StartsWith("500 5.5.1 "));
  EXPECT_THAT(talk("LHLO c.example\r\n"), StartsWith("500 5.5.1 "));
  EXPECT_THAT(talk("EHLO\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("EHLO a b\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("rset x\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("quit x\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("DATA x\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("XFORWARD NAME=x\r\n"), StartsWith("550 5.7.0 "));
  EXPECT_THAT(talk("ehlo c.example  \r\n"), StartsWith("250-"));
}

TEST_F(SmtpServerTest, RefusesMalformedSendersRecipientsAndParameters) {
  talk("EHLO c.example\r\n");
  EXPECT_THAT(talk("MAIL <a@b.example>\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("MAIL FROM:a@b.example\r\n"), StartsWith("501 5.1.7 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> FOO=1\r\n"), StartsWith("555 5.5.4 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> SIZE=x\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("MAIL FROM:<\xC3\xA4@b.example>\r\n"), StartsWith("553 5.6.7 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("250 "));
  EXPECT_THAT(talk("RCPT <c@d.example>\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("RCPT TO:<>\r\n"), StartsWith("501 5.1.3 "));
  EXPECT_THAT(talk("RCPT TO:<c>\r\n"), StartsWith("501 5.1.3 "));
  EXPECT_THAT(talk("RCPT TO:<" + std::string(250, 'x') + "@d.example>\r\n"),
              StartsWith("501 5.1.7 "));
  EXPECT_THAT(talk("RCPT TO:<c@d.example> NOTIFY=NEVER,DELAY\r\n"), StartsWith("501 5.5.4 "));
  EXPECT_THAT(talk("RCPT TO:<\xC3\xA4@d.example>\r\n"), StartsWith("553 5.6.7 "));
  EXPECT_THAT(talk("RCPT TO: <Postmaster>\r\n"), StartsWith("250 "));
}

TEST_F(SmtpServerTest, TakesInternationalizedAddressesWithSmtputf8) {
  talk("EHLO c.example\r\n");
  talk("MAIL FROM:<\xC3\xA4@b.example> SMTPUTF8\r\nRCPT TO:<c@\xC3\xA4.example>\r\nDATA\r\n");
  ASSERT_EQ(harness->messages.size(), 1U);
  EXPECT_TRUE(last().envelope.needs_smtputf8);
  EXPECT_EQ(last().envelope.recipients[0].address, "c@\xC3\xA4.example");
}

TEST_F(SmtpServerTest, ReadsOnBehindLinesItRefuses) {
  const std::string longest = "NOOP " + std::string(SmtpServer::kCommandBytesMax - 7, 'x') + "\r\n";
  EXPECT_THAT(talk(longest), StartsWith("250 "));
  EXPECT_THAT(talk("x" + longest + "NOOP\r\n"),
              "500 5.5.2 The line is too long\r\n250 2.0.0 Ok\r\n");
  EXPECT_THAT(talk(std::string(100'000, 'x') + "\r\nNOOP\r\n"), HasSubstr("\r\n250 2.0.0 Ok"));
  EXPECT_THAT(talk("NOOP\nNOOP\r\n"), "500 5.5.2 Lines must end in CR LF\r\n250 2.0.0 Ok\r\n");
  EXPECT_THAT(talk("NOOP \x01\r\n"), StartsWith("500 5.5.2 "));
  EXPECT_THAT(talk("NOOP a\rb\r\n"), StartsWith("500 5.5.2 "));
  EXPECT_THAT(talk("NOOP \xC0\x80\r\n"), StartsWith("500 5.5.2 "));
}

TEST_F(SmtpServerTest, SendsAwayWhoMakesTooManyErrors) {
  for (std::uint32_t i = 1; i < SmtpServer::kErrorsMax; ++i) talk("FOO\r\n");
  EXPECT_FALSE(harness->transport.is_closed(client));
  EXPECT_THAT(talk("FOO\r\n"), HasSubstr("\r\n421 4.7.0 "));
  EXPECT_TRUE(harness->transport.is_closed(client));
}

TEST_F(SmtpServerTest, SendsAwayWhoNeverSendsAMessage) {
  for (std::uint32_t i = 0; i < SmtpServer::kIdleCommandsMax; ++i) {
    ASSERT_THAT(talk("NOOP\r\n"), StartsWith("250 "));
  }
  EXPECT_THAT(talk("NOOP\r\n"), StartsWith("421 4.7.0 "));
}

TEST_F(SmtpServerTest, HoldsTheLimitOfRecipients) {
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].recipients_max = 2;
  start(settings);
  talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
  EXPECT_THAT(talk("RCPT TO:<1@d.example>\r\n"), StartsWith("250 "));
  EXPECT_THAT(talk("RCPT TO:<2@d.example>\r\n"), StartsWith("250 "));
  EXPECT_THAT(talk("RCPT TO:<3@d.example>\r\n"), StartsWith("452 4.5.3 "));
}

TEST_F(SmtpServerTest, HoldsTheLimitsOfConnections) {
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].connections_max = 3;
  settings.listeners[0].connections_per_client_max = 2;
  start(settings);
  EXPECT_THAT(harness->transport.take_text(harness->connect_client(kClient)), StartsWith("220 "));
  const ConnectionId third = harness->connect_client(kClient);
  EXPECT_THAT(harness->transport.take_text(third), StartsWith("421 4.7.0 "));
  EXPECT_TRUE(harness->transport.is_closed(third));
  const ConnectionId other = harness->connect_client("192.0.2.2");
  EXPECT_THAT(harness->transport.take_text(other), StartsWith("220 "));
  EXPECT_THAT(harness->transport.take_text(harness->connect_client("192.0.2.3")),
              StartsWith("421 4.7.0 "));
  harness->transport.lose(other, 0);
  harness->run();
  EXPECT_THAT(harness->transport.take_text(harness->connect_client("192.0.2.3")),
              StartsWith("220 "));
}

TEST_F(SmtpServerTest, TakesChunksAsTheyAre) {
  talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  EXPECT_EQ(talk("BDAT 8\r\n.\r\n..x\r\n"), "250 2.0.0 Chunk ok\r\n");
  EXPECT_THAT(talk("RCPT TO:<e@d.example>\r\n"), StartsWith("503 "));
  EXPECT_THAT(talk("DATA\r\n"), StartsWith("503 "));
  EXPECT_THAT(talk("NOOP\r\n"), StartsWith("250 "));
  EXPECT_EQ(talk("BDAT 0 LAST\r\n"), "");
  EXPECT_TRUE(last().has_ended);
  EXPECT_EQ(last().content, ".\r\n..x\r\n");
  harness->answer(last().id, {kOk});
  EXPECT_EQ(harness->transport.take_text(client), "250 2.0.0 Taken\r\n");
}

TEST_F(SmtpServerTest, SwallowsChunksItRefuses) {
  talk("EHLO c.example\r\n");
  EXPECT_EQ(talk("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            "503 5.5.1 Say MAIL first\r\n250 2.0.0 Ok\r\n");
  talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  EXPECT_THAT(talk("BDAT 3\r\na\nb"), StartsWith("550 5.6.11 "));
  EXPECT_TRUE(last().is_abandoned);
  EXPECT_THAT(talk("BDAT 1 LAST\r\nx"), StartsWith("503 "));
  talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
  EXPECT_THAT(talk("BDAT 2 LAST\r\na\r"), StartsWith("550 5.6.11 "));
  talk("MAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<c@d.example>\r\n");
  EXPECT_THAT(talk("DATA\r\n"), StartsWith("503 5.5.1 BODY=BINARYMIME"));
  EXPECT_EQ(talk("BDAT 3 LAST\r\na\nb"), "");
  EXPECT_TRUE(last().has_ended);
  EXPECT_EQ(last().envelope.body, BodyType::BinaryMime);
}

TEST_F(SmtpServerTest, ForgetsChunksAtRset) {
  talk("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 1\r\nx");
  EXPECT_THAT(talk("RSET\r\n"), StartsWith("250 "));
  EXPECT_TRUE(last().is_abandoned);
}

TEST_F(SmtpServerTest, ClosesWhereAChunksEndIsUnknown) {
  for (const char* bad : {"BDAT\r\n", "BDAT x\r\n", "BDAT -1\r\n", "BDAT 1 LATER\r\n",
                          "BDAT 99999999999999999999\r\n", "BDAT 1 LAST x\r\n"}) {
    SetUp();
    EXPECT_THAT(talk(bad), StartsWith("501 5.5.4 ")) << bad;
    EXPECT_TRUE(harness->transport.is_closed(client));
  }
}

TEST_F(SmtpServerTest, AnswersEachRecipientInLmtp) {
  MailServiceSettings settings = plain_settings();
  settings.listeners[0].speaks_lmtp = true;
  start(settings);
  EXPECT_THAT(greeting, HasSubstr(" LMTP "));
  EXPECT_THAT(talk("EHLO c.example\r\n"), StartsWith("500 "));
  EXPECT_THAT(talk("LHLO c.example\r\n"), HasSubstr("250-PIPELINING"));
  talk("MAIL FROM:<>\r\nRCPT TO:<a@d.example>\r\nRCPT TO:<b@d.example>\r\nDATA\r\n");
  talk("x\r\n.\r\n");
  EXPECT_EQ(last().envelope.protocol, engine::Protocol::Lmtp);
  harness->answer(last().id, {kOk, {.code = 550, .enhanced = "5.1.1", .text = "Who?"}});
  EXPECT_EQ(harness->transport.take_text(client), "250 2.0.0 Taken\r\n550 5.1.1 Who?\r\n");
  talk("MAIL FROM:<>\r\nRCPT TO:<a@d.example>\r\nRCPT TO:<b@d.example>\r\nDATA\r\n");
  talk("x\n\r\n.\r\n");
  EXPECT_TRUE(last().is_abandoned);
  talk("MAIL FROM:<>\r\nRCPT TO:<a@d.example>\r\nRCPT TO:<b@d.example>\r\nDATA\r\n");
  EXPECT_THAT(talk("x\n\r\n.\r\n"), testing::ContainsRegex("^550 5.6.11 [^\r]*\r\n550 5.6.11 "));
}

TEST_F(SmtpServerTest, BelievesXforwardOfTrustedClientsForOneTransaction) {
  client = harness->connect_client("192.0.2.7");
  harness->transport.take_text(client);
  EXPECT_THAT(talk("EHLO c.example\r\n"), HasSubstr("250-XFORWARD NAME ADDR PROTO HELO IDENT\r\n"));
  EXPECT_EQ(talk("XFORWARD NAME=n+2Eexample ADDR=IPV6:2001:db8::1 PORT=25 SOURCE=REMOTE\r\n"
                 "XFORWARD PROTO=ESMTP HELO=[UNAVAILABLE] IDENT=4F5\r\n"),
            "250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
  EXPECT_THAT(talk("XFORWARD FOO=x\r\n"), StartsWith("501 "));
  EXPECT_THAT(talk("XFORWARD NAME=a+0D\r\n"), StartsWith("501 "));
  talk("MAIL FROM:<a@b.example>\r\n");
  EXPECT_THAT(talk("XFORWARD NAME=x\r\n"), StartsWith("503 "));
  talk("RCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\n");
  EXPECT_EQ(last().envelope.forwarded.name, "n.example");
  EXPECT_EQ(last().envelope.forwarded.address, "2001:db8::1");
  EXPECT_EQ(last().envelope.forwarded.helo, "");
  EXPECT_EQ(last().envelope.forwarded.identity, "4F5");
  harness->answer(last().id, {kOk});
  talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
  EXPECT_EQ(last().envelope.forwarded.name, "");
}

TEST_F(SmtpServerTest, SwallowsTheRestAfterAnEarlyAnswer) {
  begin_data();
  talk("some\r\n");
  harness->answer(last().id, {{.code = 550, .enhanced = "5.7.1", .text = "No"}});
  EXPECT_EQ(harness->transport.take_text(client), "");
  EXPECT_EQ(talk("more\r\n.\r\n"), "550 5.7.1 No\r\n");
  EXPECT_EQ(last().content, "some\r\n");
  EXPECT_FALSE(last().has_ended);
  EXPECT_FALSE(last().is_abandoned);
}

TEST_F(SmtpServerTest, TellsTheEngineThatAClientIsGone) {
  begin_data();
  talk("some");
  harness->transport.lose(client, 104);
  harness->run();
  EXPECT_TRUE(last().is_abandoned);
  harness->answer(last().id, {kOk});  // Comes too late: no harm.
  SetUp();
  begin_data();
  talk("some\r\n.\r\n");
  harness->transport.lose(client, 0);
  harness->run();
  EXPECT_TRUE(last().has_ended);
  EXPECT_TRUE(last().is_abandoned);
  EXPECT_EQ(harness->service->counters().clients_open, 0U);
}

TEST_F(SmtpServerTest, AnswersAClientThatHasOnlyStoppedSending) {
  begin_data();
  talk("some\r\n.\r\n");
  harness->transport.end(client);
  harness->run();
  EXPECT_FALSE(last().is_abandoned);
  harness->answer(last().id, {kOk});
  EXPECT_EQ(harness->transport.take_text(client), "250 2.0.0 Taken\r\n");
  EXPECT_TRUE(harness->transport.is_closed(client));
}

TEST_F(SmtpServerTest, StopsReadingWhileAMessageWaits) {
  begin_data();
  talk("x\r\n.\r\n");
  EXPECT_FALSE(harness->transport.is_paused(client));
  EXPECT_EQ(talk("MAIL FROM:<n@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"), "");
  EXPECT_TRUE(harness->transport.is_paused(client));
  harness->answer(last().id, {kOk});
  EXPECT_THAT(harness->transport.take_text(client),
              testing::ContainsRegex("^250 2.0.0 Taken\r\n250 .*\r\n250 .*\r\n354 "));
  EXPECT_FALSE(harness->transport.is_paused(client));
}

TEST_F(SmtpServerTest, BoundsWhatIsSentAhead) {
  harness = std::make_unique<MailHarness>(plain_settings(), 512);
  client = harness->connect_client(kClient);
  begin_data();
  talk("x\r\n.\r\n");
  talk(std::string(SmtpServer::kKeptBytesMax, 'x'));
  EXPECT_FALSE(harness->transport.is_closed(client));
  EXPECT_THAT(talk("x"), StartsWith("421 4.7.0 "));
  EXPECT_TRUE(last().is_abandoned);
}

TEST_F(SmtpServerTest, StopsTakingCommandsWhileRepliesAreNotRead) {
  harness->transport.holds_sent = true;
  std::string noops;
  for (int i = 0; i < 900; ++i) noops += "HELP\r\n";
  talk(noops);
  EXPECT_FALSE(harness->transport.is_paused(client));
  MailHarness other(plain_settings());
  const ConnectionId slow = other.connect_client(kClient);
  other.transport.holds_sent = true;
  std::string hellos;
  for (int i = 0; i < 900; ++i) hellos += "EHLO c\r\n";
  const std::string replies = other.talk(slow, hellos);
  EXPECT_LT(replies.size(), SmtpServer::kUnreadBytesMax + 1000);
  EXPECT_TRUE(other.transport.is_paused(slow));
  other.transport.report_sent(slow);
  other.run();
  EXPECT_GT(other.transport.take_text(slow).size(), 1000U);
}

TEST_F(SmtpServerTest, TimesOutInCommandsAndInContent) {
  harness->pass(std::chrono::minutes(5) - std::chrono::seconds(1));
  EXPECT_EQ(talk("NO"), "");  // Half a command is no sign of life.
  harness->pass(std::chrono::seconds(1));
  EXPECT_THAT(harness->transport.take_text(client), StartsWith("421 4.4.2 "));
  EXPECT_TRUE(harness->transport.is_closed(client));

  SetUp();
  begin_data();
  harness->pass(std::chrono::minutes(2));
  talk("x");
  harness->pass(std::chrono::minutes(2));
  EXPECT_FALSE(harness->transport.is_closed(client));
  harness->pass(std::chrono::minutes(1));
  EXPECT_TRUE(harness->transport.is_closed(client));
  EXPECT_TRUE(last().is_abandoned);
  EXPECT_EQ(harness->service->counters().client_timeouts, 1U);
}

TEST_F(SmtpServerTest, WaitsForTheEngineWithoutATimer) {
  begin_data();
  talk("x\r\n.\r\n");
  harness->pass(std::chrono::hours(5));
  EXPECT_FALSE(harness->transport.is_closed(client));
}

TEST_F(SmtpServerTest, AbortsAClientThatDoesNotLetItselfBeClosed) {
  harness->transport.holds_sent = true;
  talk("QUIT\r\n");
  EXPECT_FALSE(harness->transport.is_aborted(client));
  harness->pass(std::chrono::seconds(30));
  EXPECT_TRUE(harness->transport.is_aborted(client));
  EXPECT_EQ(harness->service->counters().clients_open, 0U);
}

TEST_F(SmtpServerTest, BeginsNoMessageWhenSegmentsRunShort) {
  talk("EHLO c.example\r\n");
  const std::uint64_t free = std::uint64_t{harness->pool->free_count()} * kSegmentBytes;
  EXPECT_THAT(talk("MAIL FROM:<a@b.example> SIZE=" + std::to_string(free) + "\r\n"),
              StartsWith("452 4.3.1 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"), StartsWith("250 "));
  std::vector<SegmentRef> taken;
  while (harness->pool->free_count() > 8) taken.push_back(harness->pool->take());
  EXPECT_THAT(talk("DATA\r\n"), StartsWith("452 4.3.1 "));
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("452 4.3.1 "));
  taken.resize(taken.size() - 2);
  EXPECT_THAT(talk("MAIL FROM:<a@b.example>\r\n"), StartsWith("250 "));
  EXPECT_GT(harness->service->counters().messages_refused_no_segments, 0U);
}

TEST_F(SmtpServerTest, GivesUpAMessageRatherThanLetAllOfThemStall) {
  begin_data();
  std::vector<SegmentRef> taken;
  while (harness->pool->free_count() > 4) taken.push_back(harness->pool->take());
  EXPECT_EQ(talk("x\r\n"), "");
  EXPECT_TRUE(last().is_abandoned);
  EXPECT_THAT(talk(".\r\n"), StartsWith("452 4.3.1 "));
}

TEST_F(SmtpServerTest, CopiesSmallPiecesTogetherWhenSegmentsRunShort) {
  harness = std::make_unique<MailHarness>(plain_settings(), 64);
  harness->keeps_content = false;
  client = harness->connect_client(kClient);
  begin_data();
  for (int i = 0; i < 1000; ++i) talk("x");
  EXPECT_EQ(last().chain.size(), 1000U);
  EXPECT_GT(harness->pool->free_count(), 25U);
  EXPECT_FALSE(last().is_abandoned);
}

TEST_F(SmtpServerTest, DrainsIdleClientsAtOnceAndOthersAfterTheirMessage) {
  const ConnectionId idle = harness->connect_client(kClient);
  harness->transport.take_text(idle);
  begin_data();
  harness->service->begin_drain(harness->now);
  EXPECT_THAT(harness->transport.take_text(idle), StartsWith("421 4.3.2 "));
  EXPECT_THAT(harness->transport.take_text(harness->connect_client(kClient)),
              StartsWith("421 4.3.2 "));
  talk("x\r\n.\r\n");
  EXPECT_FALSE(harness->service->is_drained());
  harness->answer(last().id, {kOk});
  EXPECT_THAT(harness->transport.take_text(client),
              testing::ContainsRegex("^250 2.0.0 Taken\r\n421 4.3.2 "));
  EXPECT_TRUE(harness->service->is_drained());
}

TEST_F(SmtpServerTest, ClosesAfterAn421OfTheEngine) {
  begin_data();
  talk("x\r\n.\r\n");
  harness->answer(last().id, {{.code = 421, .enhanced = "4.3.2", .text = "Later"}});
  EXPECT_EQ(harness->transport.take_text(client), "421 4.3.2 Later\r\n");
  EXPECT_TRUE(harness->transport.is_closed(client));
}

TEST_F(SmtpServerTest, SaysWhenItsNextTimerFallsDue) {
  EXPECT_EQ(harness->service->next_due(), TimePoint{} + std::chrono::minutes(5));
  harness->service->poll(harness->now, std::chrono::hours(1));
  EXPECT_EQ(harness->transport.last_patience, Duration(std::chrono::minutes(5)));
}

}  // namespace
}  // namespace sealgate::netio
