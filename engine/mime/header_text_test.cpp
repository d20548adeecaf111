// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/header_text.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "engine/mime/charset.h"
#include "engine/mime/media_type.h"

namespace sealgate::engine::mime {
namespace {

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return longest;
}

// RFC 2047, 8.
TEST(HeaderText, DecodesTheExamplesOfTheStandard) {
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a?="), "a");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a?= b"), "a b");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a_b?="), "a b");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), "a b");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?Q?Andr=E9?= Pirard"), "Andr\xC3\xA9 Pirard");
  EXPECT_EQ(decode_header_text("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
                               " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
            "If you can read this you understand the example.");
}

TEST(HeaderText, DecodesMailAsItIs) {
  // A character cut between two words; a language; a blank in a word; raw octets.
  EXPECT_EQ(decode_header_text("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?="), "\xC3\xA4");
  EXPECT_EQ(decode_header_text("=?utf-8*de?Q?x?="), "x");
  EXPECT_EQ(decode_header_text("=?utf-8?Q?a b?="), "a b");
  EXPECT_EQ(decode_header_text("gr\xFC\xDF"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(decode_header_text("gr\xC3\xBC"), "gr\xC3\xBC");
  EXPECT_EQ(decode_header_text("a=?utf-8?Q?b?=c"), "abc");
  EXPECT_EQ(decode_header_text("=?utf-8?X?b?= =? =?="), "=?utf-8?X?b?= =? =?=");
  EXPECT_EQ(decode_header_text("=?no-such-charset?Q?=E4?="), "\xC3\xA4");
  EXPECT_EQ(decode_header_text("=?koi8-r?B?8NLJ18XU?="),
            "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
  // What is decoded cannot carry line ends into a log or another header.
  EXPECT_EQ(decode_header_text("=?utf-8?Q?a=0D=0AX:_y?="), "a  X: y");
  EXPECT_EQ(decode_header_text(" \r\n "), "");
}

TEST(HeaderText, EncodesSoThatItComesBack) {
  const std::string texts[] = {
      "plain subject",
      "Gr\xC3\xBC\xC3\x9F"
      "e aus M\xC3\xBCnchen",
      "looks like =?utf-8?Q?x?= a word",
      "\xD0\x9F\xD1\x80\xD0\xB8 " + std::string(200, 'x') + " \xE2\x82\xAC",
      std::string(50, 'w') + " " + std::string(50, 'v')};
  for (const std::string& text : texts) {
    const std::string encoded = encode_header_text(text, 9);
    EXPECT_TRUE(is_ascii(encoded));
    EXPECT_EQ(decode_header_text(encoded), text);
    EXPECT_LE(longest_line("Subject: " + encoded), kHeaderLineBytesAim);
  }
  EXPECT_EQ(encode_header_text("plain", 9), "plain");
  EXPECT_EQ(encode_header_text("a\r\nBcc: x", 9), "a  Bcc: x");
}

TEST(HeaderText, WritesPhrasesThatAddressFieldsTake) {
  EXPECT_EQ(encode_phrase("Alice Smith"), "Alice Smith");
  EXPECT_EQ(encode_phrase("Smith, \"A\""), "\"Smith, \\\"A\\\"\"");
  EXPECT_EQ(encode_phrase("M\xC3\xBCller"), "=?utf-8?Q?M=C3=BCller?=");
}

TEST(Charset, ReadsWhatMailIsWrittenIn) {
  EXPECT_EQ(to_utf8(as_bytes("\xA4"), "ISO-8859-15").text, "\xE2\x82\xAC");
  EXPECT_EQ(to_utf8(as_bytes("\x80"), "windows-1252").text, "\xE2\x82\xAC");
  EXPECT_EQ(to_utf8(as_bytes("\x1B$B$\"\x1B(B"), "iso-2022-jp").text, "\xE3\x81\x82");
  EXPECT_TRUE(to_utf8(as_bytes("abc"), "").is_exact);
  EXPECT_FALSE(to_utf8(as_bytes("\xE4"), "").is_exact);
  EXPECT_FALSE(to_utf8(as_bytes("\xE4"), "UTF-8//IGNORE").is_exact);
  EXPECT_FALSE(to_utf8(as_bytes("\xE4"), "../../etc/passwd").is_exact);
  const Utf8Text broken = to_utf8(as_bytes("a\xC3z\xED\xA0\x80"), "utf-8");
  EXPECT_FALSE(broken.is_exact);
  EXPECT_TRUE(is_utf8(broken.text));
  EXPECT_FALSE(is_utf8("\xC0\x80"));
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xF0\x9F\x98\x80"));
}

TEST(MediaType, ReadsTypesAndParameters) {
  const MediaType type =
      parse_media_type(" Text/HTML (a comment); Charset = \"UTF-8\" ;; name=a b.txt (x)").value();
  EXPECT_EQ(type.name(), "text/html");
  EXPECT_EQ(type.parameter("charset"), "UTF-8");
  EXPECT_EQ(type.parameter("name"), "a b.txt");
  EXPECT_EQ(type.parameter("boundary"), std::nullopt);
  EXPECT_EQ(parse_media_type("a/b; x=\"q\\\"\r\n s\"").value().parameter("x"), "q\" s");
  for (const std::string_view bad : {"", "text", "/", "text/", "te xt/[", "text plain"}) {
    EXPECT_FALSE(parse_media_type(bad)) << bad;
  }
}

// RFC 2231, 3 and 4.1.
TEST(MediaType, JoinsContinuedAndEncodedParameters) {
  const MediaType type =
      parse_media_type(
          "application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
          " title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"")
          .value();
  EXPECT_EQ(type.parameter("title"), "This is even more ***fun*** isn't it!");
  const auto value = [](std::string_view raw) {
    return std::string(parse_parameterized(raw).parameter("filename").value_or("none"));
  };
  EXPECT_EQ(value("attachment; filename=x; filename*=utf-8''%C3%A4"), "\xC3\xA4");
  EXPECT_EQ(value("attachment; filename*1=b; filename*0=a; filename*3=d"), "ab");
  EXPECT_EQ(value("attachment; filename=\"=?utf-8?Q?=C3=A4?=\""), "\xC3\xA4");
  EXPECT_EQ(value("attachment; filename=\"\xE4\""), "\xC3\xA4");
  EXPECT_EQ(value("attachment; filename*1=b"), "none");
  EXPECT_TRUE(parse_parameterized("attachment; =x").has_trouble);
}

TEST(MediaType, WritesParametersThatComeBack) {
  const std::string values[] = {"plain.txt",
                                "a \"quoted\" \\ name",
                                "\xC3\xA4\xE2\x82\xAC.pdf",
                                std::string(300, 'x') + "\xC3\xA4'%",
                                "",
                                std::string(90, 'y')};
  for (const std::string& value : values) {
    const std::string text = "attachment" + encode_parameter("filename", value);
    EXPECT_TRUE(is_ascii(text));
    EXPECT_LE(longest_line(text), 90U);
    EXPECT_EQ(parse_parameterized(text).parameter("filename"), value);
  }
}

}  // namespace
}  // namespace sealgate::engine::mime
