// SPDX-License-Identifier: Apache-2.0
#include "netio/tls/tls_client.h"

#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "netio/tls/errors.h"
#include "netio/tls/tls_test_server.h"

namespace sealgate::netio {
namespace {

class TlsClientTest : public testing::Test {
 protected:
  void SetUp() override {
    ca_file = testing::TempDir() + "tls_client_test_ca_" + std::to_string(getpid()) + ".pem";
    server.write_authority(ca_file);
    context = TlsClientContext::create(ca_file).value();
  }

  std::string outgoing(TlsClient& client) {
    ChainWriter writer(*pool);
    client.take_ciphertext(writer).value();
    const Chain chain = writer.take();
    return chain.text(0, chain.size());
  }
  // Lets both sides talk until the client is open or has failed.
  Result<void> shake_hands(TlsClient& client) {
    for (int i = 0; i < 10; ++i) {
      const std::string reply = server.take(outgoing(client));
      std::string plaintext;
      SG_TRY(client.receive(as_bytes(reply), plaintext));
      if (client.is_open() && server.is_open()) break;
    }
    return {};
  }

  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(64).value();
  TlsTestServer server{"DNS:next.example,IP:192.0.2.1"};
  std::string ca_file;
  std::unique_ptr<TlsClientContext> context;
};

TEST_F(TlsClientTest, CarriesBytesBothWays) {
  TlsClient client = TlsClient::create(*context, "next.example", TlsPeer::Verified).value();
  ASSERT_TRUE(shake_hands(client));
  ASSERT_TRUE(client.is_open());
  EXPECT_EQ(server.server_name(), "next.example");
  EXPECT_THAT(client.description(), testing::StartsWith("TLSv1.3 TLS_"));
  const std::string text(100'000, 'x');
  ASSERT_TRUE(client.send(as_bytes(text)));
  server.take(outgoing(client));
  EXPECT_EQ(server.plaintext, text);
  std::string plaintext;
  const std::string reply = server.send("220 hello\r\n");
  for (const char byte : reply) {
    ASSERT_TRUE(client.receive(as_bytes(std::string_view(&byte, 1)), plaintext));
  }
  EXPECT_EQ(plaintext, "220 hello\r\n");
  EXPECT_FALSE(client.has_ended());
  ASSERT_TRUE(client.receive(as_bytes(server.close()), plaintext));
  EXPECT_TRUE(client.has_ended());
}

TEST_F(TlsClientTest, RefusesACertificateThatIsNotForTheName) {
  TlsClient client = TlsClient::create(*context, "other.example", TlsPeer::Verified).value();
  const Result<void> shaken = shake_hands(client);
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(kTlsPeerUnverified));
  EXPECT_FALSE(client.is_open());
  EXPECT_FALSE(outgoing(client).empty()) << "an alert for the peer";
}

TEST_F(TlsClientTest, RefusesACertificateOfAnUnknownAuthority) {
  TlsTestServer stranger("DNS:next.example");
  stranger.write_authority(ca_file);
  context = TlsClientContext::create(ca_file).value();
  TlsClient client = TlsClient::create(*context, "next.example", TlsPeer::Verified).value();
  const Result<void> shaken = shake_hands(client);
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(kTlsPeerUnverified));
}

TEST_F(TlsClientTest, TakesAnyCertificateWhereNoneIsAskedFor) {
  TlsClient client = TlsClient::create(*context, "other.example", TlsPeer::Any).value();
  EXPECT_TRUE(shake_hands(client));
  EXPECT_TRUE(client.is_open());
}

TEST_F(TlsClientTest, VerifiesAnAddressAndDoesNotSendItAsAName) {
  TlsClient client = TlsClient::create(*context, "192.0.2.1", TlsPeer::Verified).value();
  EXPECT_TRUE(shake_hands(client));
  EXPECT_TRUE(client.is_open());
  EXPECT_EQ(server.server_name(), "");
  server.begin();
  TlsClient other = TlsClient::create(*context, "192.0.2.2", TlsPeer::Verified).value();
  EXPECT_FALSE(shake_hands(other));
}

TEST_F(TlsClientTest, SpeaksTls12AndNothingOlder) {
  server.limit_version(TLS1_2_VERSION);
  TlsClient client = TlsClient::create(*context, "next.example", TlsPeer::Verified).value();
  EXPECT_TRUE(shake_hands(client));
  EXPECT_THAT(client.description(), testing::StartsWith("TLSv1.2 "));
  server.limit_version(TLS1_1_VERSION);
  TlsClient old = TlsClient::create(*context, "next.example", TlsPeer::Verified).value();
  const Result<void> shaken = shake_hands(old);
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(kTlsHandshakeFailed));
}

TEST_F(TlsClientTest, FailsOnBytesThatAreNotTls) {
  TlsClient client = TlsClient::create(*context, "next.example", TlsPeer::Any).value();
  std::string plaintext;
  const Result<void> taken = client.receive(as_bytes("250 plaintext\r\n"), plaintext);
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error().is(kTlsHandshakeFailed));

  TlsClient open = TlsClient::create(*context, "next.example", TlsPeer::Any).value();
  ASSERT_TRUE(shake_hands(open));
  const Result<void> broken = open.receive(as_bytes("250 plaintext\r\n"), plaintext);
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().is(kTlsBroken));
  EXPECT_EQ(plaintext, "");
}

TEST_F(TlsClientTest, SaysWhenNoSegmentIsLeft) {
  TlsClient client = TlsClient::create(*context, "next.example", TlsPeer::Any).value();
  std::vector<SegmentRef> taken;
  while (pool->free_count() > 0) taken.push_back(pool->take());
  ChainWriter writer(*pool);
  const Result<void> out = client.take_ciphertext(writer);
  ASSERT_FALSE(out);
  EXPECT_TRUE(out.error().is(kSegmentsExhausted));
}

TEST(TlsClientContext, SaysThatACaFileCannotBeRead) {
  const auto context = TlsClientContext::create("/nonexistent/ca.pem");
  ASSERT_FALSE(context);
  EXPECT_TRUE(context.error().is(kTlsTrustUnreadable));
  EXPECT_TRUE(TlsClientContext::create(""));
}

}  // namespace
}  // namespace sealgate::netio
