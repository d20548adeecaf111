// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/quoted_printable.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/mime/safe_field.h"

namespace sealgate::engine::mime {
namespace {

std::string encode(std::string_view octets, std::size_t step) {
  const auto pool = SegmentPool::create(16).value();
  ChainWriter writer(*pool);
  QuotedPrintableEncoder encoder;
  while (!octets.empty()) {
    encoder.update(as_bytes(octets.substr(0, step)), writer).value();
    octets.remove_prefix(std::min(step, octets.size()));
  }
  encoder.finish(writer).value();
  const Chain chain = writer.take();
  return chain.text(0, chain.size());
}

std::string decode(std::string_view text) {
  const Bytes octets = decode_quoted_printable(as_bytes(text));
  return std::string(as_text(octets));
}

TEST(QuotedPrintable, ProtectsWhatTransportsChange) {
  EXPECT_EQ(encode("a b\r\n", 9), "a b\r\n");
  EXPECT_EQ(encode("a \r\nb\t", 9), "a=20\r\nb=09");
  EXPECT_EQ(encode("From x\r\nFrom", 99), "=46rom x\r\nFrom");
  EXPECT_EQ(encode(".\r\n..\r\n", 9), "=2E\r\n..\r\n");
  EXPECT_EQ(encode("a=b\xE4", 9), "a=3Db=E4");
  EXPECT_EQ(encode("a\rb\nc \r", 9), "a=0Db=0Ac =0D");
}

TEST(QuotedPrintable, WritesNoLineThatCouldBeADelimiter) {
  EXPECT_EQ(encode("--b\r\n-- \r\n--\r\n- -\r\na--b", 99),
            "=2D-b\r\n=2D-=20\r\n=2D-\r\n- -\r\na--b");
  const std::string line(75, 'x');
  EXPECT_EQ(encode(line + "--b", 99), line + "=\r\n=2D-b");
  EXPECT_EQ(encode(line + "--b", 1), line + "=\r\n=2D-b");
}

TEST(QuotedPrintable, ComesBackExactlyHoweverItIsCut) {
  constexpr std::string_view kOctets = " \t\r\n=.-FromA\xC3\xA4";
  std::minstd_rand random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string octets;
    const std::size_t size = random() % 300;
    while (octets.size() < size) {
      const std::size_t at = random() % kOctets.size();
      octets += random() % 4 == 0   ? "\r\n"
                : random() % 9 == 0 ? "From "
                : random() % 9 == 0 ? "--"
                                    : "";
      octets += kOctets[at];
    }
    const std::string text = encode(octets, 1000);
    EXPECT_EQ(encode(octets, 1 + random() % 5), text);
    EXPECT_EQ(decode(text), octets);
    const LineTraits traits = text_traits(text);
    EXPECT_TRUE(traits.is_transport_safe()) << text;
    EXPECT_LE(traits.longest_line, 76U);
    EXPECT_EQ(("\n" + text).find("\n--"), std::string::npos) << text;
  }
}

TEST(QuotedPrintable, DecodesMailAsItIs) {
  EXPECT_EQ(decode("a=3d=E4"), "a=\xE4");
  EXPECT_EQ(decode("soft=\r\n line= \t\r\nend"), "soft lineend");
  EXPECT_EQ(decode("soft=\nline\n"), "softline\n");
  EXPECT_EQ(decode("padding  \r\n\t\r\n"), "padding\r\n\r\n");
  EXPECT_EQ(decode("a=zb=4"), "a=zb=4");
  EXPECT_EQ(decode("100%= sure=="), "100%= sure=");
  EXPECT_EQ(decode("end="), "end");
  EXPECT_EQ(decode("a \rb"), "a \rb");
}

}  // namespace
}  // namespace sealgate::engine::mime
