// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/smime.h"

#include <gtest/gtest.h>

namespace sealgate::engine::cms {
namespace {

// Bytes that count up, so that a boundary is known.
class CountingRandom final : public RandomSource {
 public:
  void fill(MutableBytes bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(MakeBoundary, FitsTheRulesOfRfc2046AndNeverRepeats) {
  CountingRandom random;
  const std::string boundary = make_boundary(random);
  EXPECT_EQ(boundary, "=_sealgate_0123456789abcdefghijklmnopqrst");
  EXPECT_LE(boundary.size(), 70U);
  EXPECT_NE(make_boundary(random), boundary);
}

TEST(ClearSignedFields, NameTheDigestAndTheBoundary) {
  EXPECT_EQ(clear_signed_fields(DigestAlgorithm::Sha384, "b-1"),
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
            " micalg=sha-384;\r\n"
            " boundary=\"b-1\"\r\n");
}

TEST(WriteClearSignedBody, KeepsTheEntityInItsOwnSlicesByteForByte) {
  const auto pool = SegmentPool::create(4).value();
  ChainWriter input(*pool);
  ASSERT_TRUE(input.append("Content-Type: text/plain\r\n\r\nHi"));
  const Chain entity = input.take();

  ChainWriter writer(*pool);
  const std::uint64_t before = copied_bytes();
  ASSERT_TRUE(write_clear_signed_body(writer, "b-1", entity, as_bytes("signature")));
  EXPECT_LT(copied_bytes() - before, 40U);
  const Chain body = writer.take();
  EXPECT_EQ(body.text(0, body.size()),
            "--b-1\r\n"
            "Content-Type: text/plain\r\n\r\nHi\r\n"
            "--b-1\r\n"
            "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
            "Content-Description: S/MIME signature\r\n"
            "\r\n"
            "c2lnbmF0dXJl\r\n"
            "--b-1--\r\n");
}

TEST(WriteClearSignedBody, SaysWhenNoSegmentIsLeft) {
  const auto pool = SegmentPool::create(1).value();
  const SegmentRef taken = pool->take();
  ChainWriter writer(*pool);
  const Result<void> full = write_clear_signed_body(writer, "b-1", Chain(), as_bytes("x"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind().error_class, ErrorClass::Exhausted);
}

TEST(Pkcs7Fields, NameTheSmimeTypeOfRfc8551) {
  for (const auto& [type, name] :
       {std::pair{SmimeType::SignedData, "smime-type=signed-data;"},
        std::pair{SmimeType::EnvelopedData, "smime-type=enveloped-data;"},
        std::pair{SmimeType::AuthEnvelopedData, "smime-type=authEnveloped-data;"}}) {
    EXPECT_NE(pkcs7_fields(type).find(name), std::string_view::npos);
    EXPECT_NE(pkcs7_fields(type).find("name=\"smime.p7m\""), std::string_view::npos);
  }
}

}  // namespace
}  // namespace sealgate::engine::cms
