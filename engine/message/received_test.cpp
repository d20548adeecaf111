// SPDX-License-Identifier: Apache-2.0
#include "engine/message/received.h"

#include <gtest/gtest.h>

namespace sealgate::engine {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'790'000'000)};

Envelope envelope_to(std::initializer_list<const char*> addresses) {
  Envelope envelope;
  envelope.client_address = "192.0.2.7";
  envelope.client_helo = "client.example.org";
  for (const char* address : addresses) {
    Recipient recipient;
    recipient.address = address;
    envelope.recipients.push_back(recipient);
  }
  return envelope;
}

TEST(Received, NamesClientHostProtocolAndTheOnlyRecipient) {
  EXPECT_EQ(received_value(envelope_to({"bob@example.net"}), "gate.example.org", "abc", kNow),
            "from client.example.org ([192.0.2.7])\r\n\tby gate.example.org (Sealgate) with ESMTP "
            "id abc\r\n\tfor <bob@example.net>; Mon, 21 Sep 2026 14:13:20 +0000");
}

TEST(Received, NamesNobodyWhenThereAreSeveral) {
  const std::string value = received_value(envelope_to({"bob@example.net", "carol@example.net"}),
                                           "gate.example.org", "abc", kNow);
  EXPECT_EQ(value.find("for <"), std::string::npos);
  EXPECT_EQ(value.find("carol"), std::string::npos);
}

TEST(Received, KeepsAHostileHeloInsideItsToken) {
  Envelope envelope = envelope_to({"bob@example.net"});
  envelope.client_helo = "x)\r\nBcc: <evil@example.net>;(";
  envelope.client_address = "2001:db8::1";
  const std::string value = received_value(envelope, "gate.example.org", "abc", kNow);
  EXPECT_EQ(value.find("from x???Bcc:??evil?example.net??? "), 0U) << value;
  EXPECT_NE(value.find("([IPv6:2001:db8::1])"), std::string::npos);
}

TEST(Received, SaysWhichProtocol) {
  Envelope envelope = envelope_to({"bob@example.net"});
  const auto has = [&](const char* word) {
    return received_value(envelope, "h", "q", kNow).find(word) != std::string::npos;
  };
  envelope.is_extended = false;
  EXPECT_TRUE(has(" with SMTP "));
  envelope.needs_smtputf8 = true;
  EXPECT_TRUE(has(" with UTF8SMTP "));
  envelope.protocol = Protocol::Lmtp;
  EXPECT_TRUE(has(" with UTF8LMTP "));
  envelope.needs_smtputf8 = false;
  EXPECT_TRUE(has(" with LMTP "));
}

TEST(Received, LeavesOutARecipientThatNeedsUtf8OnAnAsciiPath) {
  const Envelope envelope = envelope_to({"j\xC3\xBCrgen@example.net"});
  EXPECT_EQ(received_value(envelope, "h", "q", kNow).find("for <"), std::string::npos);
}

}  // namespace
}  // namespace sealgate::engine
