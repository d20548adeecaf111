// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/syntax.h"

#include <gtest/gtest.h>

#include "netio/smtp/line_reader.h"
#include "netio/smtp/network_set.h"

namespace sealgate::netio {
namespace {

TEST(Syntax, KnowsWellFormedUtf8) {
  for (const char* good : {"", "abc", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xE2\x28\xA1", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Syntax, KnowsDomains) {
  EXPECT_TRUE(is_domain("a"));
  EXPECT_TRUE(is_domain("a-b.example_1.org"));
  EXPECT_TRUE(is_domain(std::string(63, 'a') + ".b"));
  EXPECT_FALSE(is_domain(std::string(64, 'a') + ".b"));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_TRUE(is_domain(longest + "b"));
  EXPECT_FALSE(is_domain(longest + "bb"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "a@b", "a/b", "[1.2.3.4]"}) {
    EXPECT_FALSE(is_domain(bad)) << bad;
  }
}

TEST(Syntax, ReadsNumbersWithoutOverflow) {
  EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "18446744073709551616", "-1", "+1", "1x", " 1"}) {
    EXPECT_FALSE(parse_number(bad)) << bad;
  }
}

TEST(Syntax, EncodesAndDecodesXtext) {
  const std::string any("a+=b \x01\xFF\0z", 9);
  EXPECT_EQ(encode_xtext(any), "a+2B+3Db+20+01+FF+00z");
  EXPECT_EQ(decode_xtext(encode_xtext(any)), any);
  for (const char* bad : {"a=b", "a b", "+2", "+2b", "+", "+G0", "\xC3\xA4", "a\x7F"}) {
    EXPECT_FALSE(decode_xtext(bad)) << bad;
  }
}

TEST(LineReader, EndsLinesAndBoundsThem) {
  LineReader reader(6);
  ByteView input = as_bytes("abcd\r\nabcde\r\nx\ny\r\n");
  EXPECT_EQ(reader.read(input), LineReader::Outcome::Line);
  EXPECT_EQ(reader.line(), "abcd");
  EXPECT_EQ(reader.read(input), LineReader::Outcome::TooLong);
  EXPECT_EQ(reader.read(input), LineReader::Outcome::BareLine);
  EXPECT_EQ(reader.line(), "x");
  EXPECT_EQ(reader.read(input), LineReader::Outcome::Line);
  EXPECT_EQ(reader.line(), "y");
  EXPECT_EQ(reader.read(input), LineReader::Outcome::NeedMore);
}

TEST(LineReader, JoinsPieces) {
  LineReader reader(10);
  for (const char* piece : {"a", "b", "\r"}) {
    ByteView input = as_bytes(piece);
    EXPECT_EQ(reader.read(input), LineReader::Outcome::NeedMore);
  }
  ByteView input = as_bytes("\nrest");
  EXPECT_EQ(reader.read(input), LineReader::Outcome::Line);
  EXPECT_EQ(reader.line(), "ab");
  EXPECT_EQ(as_text(input), "rest");
}

TEST(NetworkSet, MatchesAddressesByPrefix) {
  const std::vector<std::string> networks = {"192.0.2.128/25", "198.51.100.7", "2001:db8::/33"};
  const NetworkSet set = NetworkSet::parse(networks).value();
  for (const char* inside : {"192.0.2.128", "192.0.2.255", "198.51.100.7", "2001:db8::1",
                             "2001:db8:7fff:ffff::", "::ffff:192.0.2.200"}) {
    EXPECT_TRUE(set.contains(inside)) << inside;
  }
  for (const char* outside : {"192.0.2.127", "192.0.3.128", "198.51.100.8",
                              "2001:db8:8000::", "::192.0.2.200", "", "x", "192.0.2.128 "}) {
    EXPECT_FALSE(set.contains(outside)) << outside;
  }
  EXPECT_FALSE(NetworkSet().contains("192.0.2.1"));
  const std::vector<std::string> everyone = {"0.0.0.0/0"};
  EXPECT_TRUE(NetworkSet::parse(everyone).value().contains("203.0.113.1"));
  EXPECT_FALSE(NetworkSet::parse(everyone).value().contains("2001:db8::1"));
}

}  // namespace
}  // namespace sealgate::netio
