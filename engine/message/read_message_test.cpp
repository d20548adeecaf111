// SPDX-License-Identifier: Apache-2.0
#include "engine/message/read_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/message/errors.h"
#include "engine/message/plan.h"
#include "engine/mime/reader.h"

namespace sealgate::engine {
namespace {

class ReadMessageTest : public ::testing::Test {
 protected:
  ReadMessageTest() : pool_(SegmentPool::create(64).value()), writer_(*pool_) {}

  Result<ReadMessage> read(std::string_view text) {
    EXPECT_TRUE(writer_.append(text));
    mime::Reader reader;
    EXPECT_TRUE(reader.feed(as_bytes(text)));
    return read_message(reader.finish(), writer_.take());
  }

  SenderSeal seal_of(const std::string& type, const std::string& body) {
    return read("MIME-Version: 1.0\r\nContent-Type: " + type +
                "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body + "\r\n")
        .value()
        .sender_seal;
  }

  std::unique_ptr<SegmentPool> pool_;
  ChainWriter writer_;
};

TEST_F(ReadMessageTest, OneFromAddressSigns) {
  const ReadMessage message =
      read("From: \"A, B\" <Alice@EXAMPLE.org>\r\nFrom: Alice@example.ORG\r\n\r\n").value();
  EXPECT_EQ(message.signer_address(), "Alice@example.org");
  EXPECT_EQ(message.from_problem, "");
}

TEST_F(ReadMessageTest, NoneOrSeveralDoNot) {
  for (const char* header : {"", "From: nobody\r\n", "From: a@x.org, b@x.org\r\n",
                             "From: a@x.org\r\nFrom: b@x.org\r\n"}) {
    const ReadMessage message = read(std::string(header) + "To: c@x.org\r\n\r\n").value();
    EXPECT_EQ(message.signer_address(), "") << header;
    EXPECT_NE(message.from_problem, "") << header;
  }
}

TEST_F(ReadMessageTest, WhoIsInToAndCcMayBeSeen) {
  const ReadMessage message =
      read(
          "To: A <a@X.org>, team: b@x.org, c@x.org;\r\nCC: d@x.org\r\nBcc: e@x.org\r\n"
          "Resent-To: f@x.org\r\n\r\n")
          .value();
  EXPECT_THAT(message.visible,
              ::testing::ElementsAre("a@x.org", "b@x.org", "c@x.org", "d@x.org", "f@x.org"));
}

TEST_F(ReadMessageTest, CutsMessageIdAndSeesDate) {
  const ReadMessage message =
      read("Message-ID: <" + std::string(300, 'x') + ">\r\nDate: now\r\n\r\n").value();
  EXPECT_EQ(message.message_id.size(), 250U);
  EXPECT_TRUE(message.has_date);
}

TEST_F(ReadMessageTest, EndsLoopsAndOverlongHeaders) {
  std::string trace;
  for (std::uint32_t i = 0; i < 100; ++i) trace += "Received: x\r\n";
  EXPECT_TRUE(read(trace + "\r\n").has_value());
  const Result<ReadMessage> loop = read(trace + "Received: x\r\n\r\n");
  ASSERT_FALSE(loop.has_value());
  EXPECT_TRUE(loop.error().is(kMailLoop));
  const Result<ReadMessage> large =
      read("X-Large: " + std::string(kHeaderBytesMax, 'x') + "\r\n\r\n");
  ASSERT_FALSE(large.has_value());
  EXPECT_TRUE(large.error().is(kHeaderUnusable));
}

TEST_F(ReadMessageTest, BelievesCmsThatBeginsLikeCms) {
  const std::string type = "application/pkcs7-mime; smime-type=enveloped-data";
  // SEQUENCE, long length, then id-envelopedData, id-signedData, id-ct-authEnvelopedData.
  EXPECT_TRUE(seal_of(type, "MIIBAAYJKoZIhvcNAQcDoIIA8TCCAO0C").is_encrypted);
  EXPECT_TRUE(seal_of(type, "MIIBAAYJKoZIhvcNAQcCoIIA8TCCAO0C").is_signed);
  EXPECT_TRUE(seal_of(type, "MIIBAAYLKoZIhvcNAQkQARegggDxMIIA7QI=").is_encrypted);
  // The indefinite form of BER.
  EXPECT_TRUE(seal_of(type, "MIAGCSqGSIb3DQEHA6CAMIACAQAxggE=").is_encrypted);
}

TEST_F(ReadMessageTest, BelievesNothingElse) {
  const std::string type = "application/pkcs7-mime; smime-type=enveloped-data";
  const SenderSeal text = seal_of(type, "aGVsbG8gd29ybGQsIHRoaXMgaXMgdGV4dA==");
  EXPECT_FALSE(text.is_encrypted || text.is_signed);
  const SenderSeal cut = seal_of(type, "MIIB");
  EXPECT_FALSE(cut.is_encrypted || cut.is_signed);
  // id-data.
  EXPECT_FALSE(seal_of(type, "MIIBAAYJKoZIhvcNAQcBoIIA8TCCAO0C").is_encrypted);
  const SenderSeal claim = read(
                               "Content-Type: multipart/encrypted; boundary=b;"
                               " protocol=\"application/pgp-encrypted\"\r\n\r\n--b\r\n"
                               "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
                               "--b\r\nContent-Type: application/octet-stream\r\n\r\nclear text\r\n"
                               "--b--\r\n")
                               .value()
                               .sender_seal;
  EXPECT_FALSE(claim.is_encrypted);
}

TEST_F(ReadMessageTest, SeesPgpAndMultipartSigned) {
  const auto seal = [&](const std::string& outer, const std::string& second,
                        const std::string& body, const std::string& first = "text/plain\r\n\r\nx") {
    return read("Content-Type: multipart/" + outer + "; boundary=b\r\n\r\n--b\r\nContent-Type: " +
                first + "\r\n--b\r\nContent-Type: " + second + "\r\n\r\n" + body + "\r\n--b--\r\n")
        .value()
        .sender_seal;
  };
  EXPECT_TRUE(seal("signed", "application/pkcs7-signature", "x").is_signed);
  EXPECT_FALSE(seal("signed", "application/pgp-signature", "x").is_signed);
  EXPECT_FALSE(seal("signed", "text/plain", "x").is_signed);
  const std::string octets = "application/octet-stream";
  const std::string begin = "-----BEGIN PGP MESSAGE-----";
  const std::string control = "application/pgp-encrypted\r\n\r\nVersion: 1\r\n";
  EXPECT_TRUE(seal("encrypted", octets, "\r\n" + begin, control).is_encrypted);
  // Clear text beside it, or before it.
  EXPECT_FALSE(seal("encrypted", octets, begin).is_encrypted);
  EXPECT_FALSE(seal("encrypted", octets, begin, control + "secret\r\n").is_encrypted);
  EXPECT_FALSE(seal("encrypted", octets, "secret " + begin, control).is_encrypted);
}

TEST(Fits, CountsEveryEncryptedCopyAtItsEncodedSize) {
  Plan plan;
  EXPECT_TRUE(fits(plan, 5700, 5700));
  EXPECT_FALSE(fits(plan, 5700, 5699));
  plan.copies.resize(3);
  plan.copies[0].cipher = cms::ContentCipher::Aes256Cbc;
  plan.copies[1].cipher = cms::ContentCipher::Aes256Cbc;
  EXPECT_TRUE(fits(plan, 5700, 5700 + 2 * 7800));
  EXPECT_FALSE(fits(plan, 5700, 5700 + 2 * 7800 - 1));
}

}  // namespace
}  // namespace sealgate::engine
