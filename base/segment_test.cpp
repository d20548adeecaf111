// SPDX-License-Identifier: Apache-2.0
#include "base/segment.h"

#include <string>

#include <gtest/gtest.h>

#include "base/errors.h"

namespace sealgate {
namespace {

std::string all_of(const Chain& chain) {
  return chain.text(0, chain.size());
}

TEST(SegmentPool, GivesEachSegmentOnceAndTakesItBackWithItsLastShare) {
  const auto pool = SegmentPool::create(2).value();
  SegmentRef first = pool->take();
  const SegmentRef second = pool->take();
  EXPECT_TRUE(pool->take().is_null());
  EXPECT_NE(first.index(), second.index());

  SegmentRef shared = first;
  first = {};
  EXPECT_EQ(pool->free_count(), 0U);
  shared = {};
  EXPECT_EQ(pool->free_count(), 1U);
}

TEST(SegmentPool, LendsAShareByIndex) {
  const auto pool = SegmentPool::create(1).value();
  const std::uint32_t index = pool->detach(pool->take());
  EXPECT_EQ(pool->free_count(), 0U);
  { const SegmentRef back = pool->adopt(index); }
  EXPECT_EQ(pool->free_count(), 1U);
}

TEST(Chain, CutsAcrossSlicesWithoutCopying) {
  const auto pool = SegmentPool::create(4).value();
  ChainWriter writer(*pool);
  ASSERT_TRUE(writer.append("hello "));
  writer.append_static("cruel ");
  ASSERT_TRUE(writer.append("world"));
  const Chain chain = writer.take();
  ASSERT_EQ(all_of(chain), "hello cruel world");

  const std::uint64_t before = copied_bytes();
  const Chain part = chain.sub_chain(3, 11);
  EXPECT_EQ(copied_bytes(), before);
  EXPECT_EQ(all_of(part), "lo cruel wo");
  EXPECT_EQ(chain.sub_chain(17, 0).size(), 0U);
}

TEST(Chain, KeepsItsSegmentsAlive) {
  const auto pool = SegmentPool::create(1).value();
  Chain chain;
  {
    ChainWriter writer(*pool);
    ASSERT_TRUE(writer.append("x"));
    chain = writer.take();
  }
  EXPECT_EQ(pool->free_count(), 0U);
  chain.clear();
  EXPECT_EQ(pool->free_count(), 1U);
}

TEST(ChainWriter, FillsSegmentAfterSegmentAndSaysWhenNoneIsLeft) {
  const auto pool = SegmentPool::create(2).value();
  ChainWriter writer(*pool);
  const std::string text(kSegmentBytes + 100, 'a');
  ASSERT_TRUE(writer.append(text));
  const Result<void> full = writer.append(text);
  ASSERT_FALSE(full);
  EXPECT_TRUE(full.error().is(kSegmentsExhausted));
}

TEST(ChainWriter, JoinsSmallWritesIntoOneSlice) {
  const auto pool = SegmentPool::create(1).value();
  ChainWriter writer(*pool);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(writer.append("abc"));
  EXPECT_EQ(writer.take().slices().size(), 1U);
}

}  // namespace
}  // namespace sealgate
