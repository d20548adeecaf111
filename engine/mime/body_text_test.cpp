// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/body_text.h"

#include <gtest/gtest.h>

#include "engine/mime/message_for_test.h"

namespace sealgate::engine::mime {
namespace {

TEST(BodyText, DecodesTransferEncodingAndCharset) {
  TestMessage message(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe=\r\n!\r\n"
      "--b\r\nContent-Type: text/plain; charset=utf-8; name=x\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a b\"\r\n"
      "\r\n4oKs\r\n--b\r\n\r\nraw \xE4\r\n--b--\r\n");
  EXPECT_EQ(body_text(message.structure, message.chain, 1, 100).text,
            "Gr\xC3\xBC\xC3\x9F"
            "e!");
  EXPECT_EQ(body_text(message.structure, message.chain, 2, 100).text, "\xE2\x82\xAC");
  EXPECT_EQ(message.structure.attachment_name(2), "a b");
  EXPECT_EQ(message.structure.attachment_name(1), "");
  const Utf8Text raw = body_text(message.structure, message.chain, 3, 100);
  EXPECT_EQ(raw.text, "raw \xC3\xA4");
  EXPECT_FALSE(raw.is_exact);
}

TEST(BodyText, StopsAtTheLimit) {
  TestMessage message("A: b\r\n\r\n" + std::string(100'000, 'x'));
  const DecodedBody cut = decode_body(message.structure, message.chain, 0, 99'999);
  EXPECT_TRUE(cut.is_cut);
  EXPECT_EQ(cut.octets.size(), 99'999U);
  const DecodedBody whole = decode_body(message.structure, message.chain, 0, 100'000);
  EXPECT_FALSE(whole.is_cut);
  EXPECT_EQ(whole.octets.size(), 100'000U);
}

TEST(BodyText, DoesNotReadALongEncodingOfNothing) {
  for (const auto& [encoding, nothing] :
       {std::pair("base64", "\r\n"), std::pair("quoted-printable", "=\r\n")}) {
    std::string text = "Content-Transfer-Encoding: " + std::string(encoding) + "\r\n\r\n";
    while (text.size() < 100'000) text += nothing;
    TestMessage message(text + "eHh4");
    const DecodedBody body = decode_body(message.structure, message.chain, 0, 64);
    EXPECT_TRUE(body.is_cut) << encoding;
    EXPECT_TRUE(body.octets.empty()) << encoding;
  }
}

}  // namespace
}  // namespace sealgate::engine::mime
