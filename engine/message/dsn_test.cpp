// SPDX-License-Identifier: Apache-2.0
#include "engine/message/dsn.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace sealgate::engine {
namespace {

class Counting final : public RandomSource {
 public:
  void fill(MutableBytes bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class DsnTest : public ::testing::Test {
 protected:
  DsnTest() : pool_(SegmentPool::create(64).value()), writer_(*pool_) {}

  Chain chain_of(std::string_view text) {
    EXPECT_TRUE(writer_.append(text));
    return writer_.take();
  }

  DsnSource source_for(std::string_view header) {
    header_ = chain_of(header);
    DsnSource source;
    source.hostname = "gate.example.org";
    source.queue_id = "q1";
    source.sender = "alice@example.org";
    source.now = WallTime(std::chrono::seconds(1'790'000'000));
    source.arrived_at = source.now - std::chrono::seconds(5);
    source.header = &header_;
    DsnRecipient failed;
    failed.recipient.address = "bob@example.net";
    failed.reply = {.code = 550, .enhanced = "5.1.1", .text = "no such\nuser"};
    failed.next_hop = "mx.example.net:2525";
    source.failed.push_back(failed);
    return source;
  }

  std::string text_of(const DsnSource& source) {
    const Result<Dsn> dsn = build_dsn(source, random_, writer_);
    return dsn.value().content.text(0, dsn.value().content.size());
  }

  std::unique_ptr<SegmentPool> pool_;
  ChainWriter writer_;
  Chain header_;
  Counting random_;
};

TEST_F(DsnTest, IsAReportWithTheThreePartsOfRfc6522) {
  const std::string text = text_of(source_for("Subject: hello\r\nFrom: alice@example.org\r\n"));
  for (const char* wanted :
       {"To: <alice@example.org>\r\n", "Auto-Submitted: auto-replied\r\n",
        "Content-Type: multipart/report; report-type=delivery-status;\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; gate.example.org\r\n",
        "\r\n\r\nFinal-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Remote-MTA: dns; mx.example.net\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\nFrom: alice@example.org\r\n",
        "The mail server mx.example.net:2525 says: 550 5.1.1 no such user"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
  }
  EXPECT_EQ(text.find("Content-Transfer-Encoding"), std::string::npos) << "7-bit";
}

TEST_F(DsnTest, QuotesEnvelopeIdAndOriginalRecipient) {
  DsnSource source = source_for("A: b\r\n");
  source.dsn_id = "id+2B1";
  source.failed[0].recipient.original = "rfc822;bob+2Bx@example.net";
  source.delivered_to = {"carol@example.net"};
  const std::string text = text_of(source);
  EXPECT_NE(text.find("Original-Envelope-Id: id+1\r\n"), std::string::npos);
  EXPECT_NE(text.find("Original-Recipient: rfc822;bob+x@example.net\r\n"), std::string::npos);
  EXPECT_NE(text.find("    <carol@example.net>\r\n"), std::string::npos);
}

TEST_F(DsnTest, NextHopsCannotWriteFieldsOfTheirOwn) {
  DsnSource source = source_for("A: b\r\n");
  source.failed[0].reply.text = "x\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; y";
  source.failed[0].reply.enhanced = "2.0.0";
  const std::string text = text_of(source);
  EXPECT_EQ(text.find("\nAction: delivered"), std::string::npos);
  EXPECT_NE(text.find("Status: 5.0.0\r\n"), std::string::npos);
}

TEST_F(DsnTest, EncodesInternationalAddresses) {
  DsnSource source = source_for("A: b\r\n");
  source.failed[0].recipient.address = "j\xC3\xBCrgen@example.net";
  const Result<Dsn> dsn = build_dsn(source, random_, writer_);
  const std::string text = dsn.value().content.text(0, dsn.value().content.size());
  EXPECT_NE(text.find("Final-Recipient: utf-8; j\\x{FC}rgen@example.net\r\n"), std::string::npos);
  EXPECT_EQ(dsn.value().body, BodyType::EightBitMime);
  EXPECT_FALSE(dsn.value().needs_smtputf8);
  source.sender = "j\xC3\xB6rg@example.org";
  EXPECT_TRUE(build_dsn(source, random_, writer_).value().needs_smtputf8);
}

TEST_F(DsnTest, CutsALongHeaderBetweenLines) {
  std::string header;
  while (header.size() <= kDsnHeaderBytesMax) header += "X-Filler: 0123456789012345678901234\r\n";
  const std::string text = text_of(source_for(header + "Subject: last\r\n"));
  EXPECT_EQ(text.find("Subject: last"), std::string::npos);
  EXPECT_NE(text.find("901234\r\n\r\n--"), std::string::npos);
  EXPECT_LT(text.size(), kDsnHeaderBytesMax + 4000);
}

TEST_F(DsnTest, LinesStayWithinWhatSmtpCarries) {
  DsnSource source = source_for("A: b\r\n");
  for (int i = 0; i < 100; ++i) source.failed[0].reply.text += " lorem ipsum dolor";
  const std::string text = text_of(source);
  std::size_t start = 0;
  for (std::size_t end = text.find("\r\n"); end != std::string::npos;
       end = text.find("\r\n", start)) {
    EXPECT_LE(end - start, 120U) << text.substr(start, end - start);
    start = end + 2;
  }
}

TEST_F(DsnTest, FailsWithoutBuffersAndLeavesNothingBehind) {
  const DsnSource source = source_for("A: b\r\n");
  const std::unique_ptr<SegmentPool> tiny = SegmentPool::create(1).value();
  const SegmentRef only = tiny->take();
  ChainWriter writer(*tiny);
  const Result<Dsn> dsn = build_dsn(source, random_, writer);
  ASSERT_FALSE(dsn.has_value());
  EXPECT_TRUE(dsn.error().is(kSegmentsExhausted));
  EXPECT_EQ(writer.size(), 0U);
}

TEST(DsnNotify, FollowsRfc3461) {
  Recipient recipient;
  EXPECT_TRUE(wants_failure_report(recipient));
  recipient.notify = {
      .is_default = false, .never = true, .success = false, .failure = false, .delay = false};
  EXPECT_FALSE(wants_failure_report(recipient));
  recipient.notify = {
      .is_default = false, .never = false, .success = true, .failure = false, .delay = false};
  EXPECT_FALSE(wants_failure_report(recipient));
  recipient.notify.failure = true;
  EXPECT_TRUE(wants_failure_report(recipient));
}

}  // namespace
}  // namespace sealgate::engine
