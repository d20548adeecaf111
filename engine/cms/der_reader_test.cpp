// SPDX-License-Identifier: Apache-2.0
//
// Encodings that must be read, and those that must not: both sides of each limit.
#include "engine/cms/der_reader.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"

namespace sealgate::engine::cms {
namespace {

Result<DerElement> first_of(const Bytes& bytes, Encoding encoding) {
  DerReader reader(bytes, encoding);
  return reader.next();
}

bool is_malformed(const Bytes& bytes, Encoding encoding) {
  const Result<DerElement> element = first_of(bytes, encoding);
  return !element && element.error().is(kDerMalformed);
}

TEST(DerReader, ReadsElementAfterElement) {
  const Bytes bytes{0x02, 0x01, 0x05, 0x04, 0x02, 0xAA, 0xBB};
  DerReader reader(bytes, Encoding::Der);
  EXPECT_EQ(reader.peek(), tag::kInteger);
  EXPECT_EQ(read_small_integer(reader.next(tag::kInteger).value().content).value(), 5U);
  EXPECT_FALSE(reader.next_if(tag::kNull).value().has_value());
  EXPECT_FALSE(reader.finish());
  const DerElement octets = reader.next_if(tag::kOctetString).value().value();
  EXPECT_EQ(to_hex(octets.content), "aabb");
  EXPECT_EQ(to_hex(octets.whole), "0402aabb");
  EXPECT_TRUE(reader.finish());
  EXPECT_FALSE(reader.peek().has_value());
  EXPECT_FALSE(reader.next());
}

TEST(DerReader, StaysWhereItWasWhenTheKindIsAnother) {
  const Bytes bytes{0x30, 0x03, 0x02, 0x01, 0x05};
  DerReader reader(bytes, Encoding::Der);
  EXPECT_FALSE(reader.next(tag::kSet));
  EXPECT_FALSE(reader.enter(tag::kSet));
  DerReader inside = reader.enter(tag::kSequence).value();
  EXPECT_TRUE(reader.is_at_end());
  EXPECT_TRUE(inside.next(tag::kInteger));
}

TEST(DerReader, RefusesLengthsBeyondTheEnd) {
  for (const Encoding encoding : {Encoding::Der, Encoding::Ber}) {
    EXPECT_TRUE(is_malformed({0x04}, encoding));
    EXPECT_TRUE(is_malformed({0x04, 0x01}, encoding));
    EXPECT_TRUE(is_malformed({0x04, 0x81}, encoding));
    EXPECT_TRUE(is_malformed({0x04, 0x82, 0x01}, encoding));
    EXPECT_TRUE(
        is_malformed({0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}, encoding));
    EXPECT_TRUE(
        is_malformed({0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf7, 0x00}, encoding));
    EXPECT_TRUE(is_malformed({0x04, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0}, encoding));
    EXPECT_TRUE(is_malformed({0x04, 0xff, 0x00}, encoding));
  }
}

TEST(DerReader, RefusesHighTagNumbersAndMisplacedEnds) {
  EXPECT_TRUE(is_malformed({0x1f, 0x20, 0x00}, Encoding::Ber));
  EXPECT_TRUE(is_malformed({0x00, 0x00}, Encoding::Ber));
  EXPECT_TRUE(is_malformed({0x10, 0x00}, Encoding::Ber));  // A primitive SEQUENCE.
}

TEST(DerReader, TakesPaddedLengthsInBerOnly) {
  const Bytes padded{0x04, 0x82, 0x00, 0x01, 0xAA};
  EXPECT_TRUE(is_malformed(padded, Encoding::Der));
  EXPECT_EQ(to_hex(first_of(padded, Encoding::Ber).value().content), "aa");
  EXPECT_TRUE(is_malformed({0x04, 0x81, 0x01, 0xAA}, Encoding::Der));
}

TEST(DerReader, TakesConstructedStringsInBerOnly) {
  const Bytes cut{0x24, 0x06, 0x04, 0x01, 0xAA, 0x04, 0x01, 0xBB};
  EXPECT_TRUE(is_malformed(cut, Encoding::Der));
  DerReader reader(cut, Encoding::Ber);
  Bytes octets;
  ASSERT_TRUE(append_octets(reader, reader.next().value(), octets));
  EXPECT_EQ(to_hex(octets), "aabb");

  const Bytes foreign{0x24, 0x03, 0x02, 0x01, 0xAA};
  DerReader other(foreign, Encoding::Ber);
  EXPECT_FALSE(append_octets(other, other.next().value(), octets));
}

TEST(DerReader, FindsTheEndOfNestedIndefiniteLengths) {
  const Bytes bytes{0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 0x00, 0x00, 0x00,
                    0x00, 0x05, 0x00, 0x00, 0x00, 0x02, 0x01, 0x07};
  EXPECT_TRUE(is_malformed(bytes, Encoding::Der));
  DerReader reader(bytes, Encoding::Ber);
  const DerElement outer = reader.next().value();
  EXPECT_TRUE(outer.is_indefinite);
  EXPECT_EQ(outer.whole.size(), 14U);
  DerReader inside = reader.enter(outer).value();
  const DerElement cut = inside.next(0x24).value();
  EXPECT_EQ(to_hex(cut.content), "04020000");
  EXPECT_TRUE(inside.next(tag::kNull));
  EXPECT_TRUE(inside.finish());
  EXPECT_TRUE(reader.next(tag::kInteger));
}

TEST(DerReader, RefusesAnIndefiniteLengthWithoutEnd) {
  EXPECT_TRUE(is_malformed({0x30, 0x80}, Encoding::Ber));
  EXPECT_TRUE(is_malformed({0x30, 0x80, 0x00}, Encoding::Ber));
  EXPECT_TRUE(is_malformed({0x30, 0x80, 0x30, 0x80, 0x00, 0x00}, Encoding::Ber));
  EXPECT_TRUE(is_malformed({0x04, 0x80, 0x00, 0x00}, Encoding::Ber));  // Primitive.
}

Bytes nested(std::size_t depth, bool is_indefinite) {
  Bytes bytes{0x05, 0x00};
  for (std::size_t i = 0; i < depth; ++i) {
    Bytes outer{0x30};
    if (is_indefinite) {
      outer.push_back(0x80);
      outer.insert(outer.end(), bytes.begin(), bytes.end());
      outer.insert(outer.end(), {0x00, 0x00});
    } else {
      DerWriter writer;
      writer.add(tag::kSequence, bytes);
      outer = writer.take();
    }
    bytes = outer;
  }
  return bytes;
}

Result<void> descend(DerReader reader) {
  while (reader.peek() == tag::kSequence) reader = SG_TRY(reader.enter(tag::kSequence));
  SG_TRY(reader.next(tag::kNull));
  return {};
}

TEST(DerReader, EntersAsDeepAsTheLimitAndNotDeeper) {
  for (const bool is_indefinite : {false, true}) {
    const Bytes at_limit = nested(DerReader::kDepthMax, is_indefinite);
    EXPECT_TRUE(descend(DerReader(at_limit, Encoding::Ber)));
    const Bytes above = nested(DerReader::kDepthMax + 1, is_indefinite);
    const Result<void> refused = descend(DerReader(above, Encoding::Ber));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kDerTooDeep));
  }
}

TEST(DerReader, BoundsTheSearchForTheEndOfAnIndefiniteLength) {
  const auto with_elements = [](std::size_t count) {
    Bytes bytes{0x30, 0x80};
    for (std::size_t i = 0; i < count; ++i) bytes.insert(bytes.end(), {0x05, 0x00});
    bytes.insert(bytes.end(), {0x00, 0x00});
    return bytes;
  };
  // The end itself is looked at too.
  EXPECT_TRUE(first_of(with_elements(DerReader::kScannedElementsMax - 1), Encoding::Ber));
  const Result<DerElement> refused =
      first_of(with_elements(DerReader::kScannedElementsMax), Encoding::Ber);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kDerTooComplex));
}

TEST(ReadSmallInteger, TakesShortestFormsUpToTheLimit) {
  EXPECT_EQ(read_small_integer(Bytes{0x00}).value(), 0U);
  EXPECT_EQ(read_small_integer(Bytes{0x00, 0x80}).value(), 128U);
  EXPECT_EQ(read_small_integer(Bytes{0x00, 0xff, 0xff, 0xff, 0xff}).value(), 0xffffffffU);
  EXPECT_FALSE(read_small_integer(Bytes{}));
  EXPECT_FALSE(read_small_integer(Bytes{0x80}));
  EXPECT_FALSE(read_small_integer(Bytes{0x00, 0x7f}));
  EXPECT_FALSE(read_small_integer(Bytes{0x01, 0x00, 0x00, 0x00, 0x00}));
  EXPECT_FALSE(read_small_integer(Bytes{0x00, 0x80, 0x00, 0x00, 0x00, 0x00}));
}

// A tree of random elements, written with definite lengths.
void write_tree(std::mt19937& random, DerWriter& writer, unsigned depth) {
  const unsigned children = random() % 4;
  for (unsigned i = 0; i < children; ++i) {
    if (depth < 6 && random() % 2 == 0) {
      const bool is_set = random() % 2 == 0;
      writer.begin(is_set ? tag::kSet : tag::context_constructed(random() % 8));
      write_tree(random, writer, depth + 1);
      writer.end();
    } else {
      const std::size_t size = random() % 3 == 0 ? random() % 300 : random() % 8;
      writer.add(tag::kOctetString, Bytes(size, static_cast<std::uint8_t>(random())));
    }
  }
}

Result<void> copy_tree(DerReader reader, DerWriter& writer) {
  while (!reader.is_at_end()) {
    const DerElement element = SG_TRY(reader.next());
    if (!element.is_constructed()) {
      writer.add(element.identifier, element.content);
      continue;
    }
    writer.begin(element.identifier);
    const DerReader inside = SG_TRY(reader.enter(element));
    SG_TRY(copy_tree(inside, writer));
    writer.end();
  }
  return {};
}

TEST(DerReader, GivesBackWhatTheWriterWrote) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    DerWriter writer;
    write_tree(random, writer, 0);
    const Bytes bytes = writer.take();
    DerWriter copy;
    ASSERT_TRUE(copy_tree(DerReader(bytes, Encoding::Der), copy)) << "seed " << seed;
    EXPECT_EQ(copy.take(), bytes) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sealgate::engine::cms
