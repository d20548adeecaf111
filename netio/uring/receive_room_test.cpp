// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/receive_room.h"

#include <gtest/gtest.h>

namespace sealgate::netio {
namespace {

TEST(ReceiveRoom, ServesSeveralReceivesFromOneSegment) {
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(1).value();
  ReceiveRoom room(pool->take());
  const Slice first = room.take(10);
  const Slice second = room.take(64);
  EXPECT_EQ(first.bytes.size(), 10U);
  EXPECT_EQ(second.bytes.data(), first.bytes.data() + 64);
  EXPECT_EQ(room.rest().size(), kSegmentBytes - 128);
  EXPECT_EQ(pool->free_count(), 0U);
}

TEST(ReceiveRoom, IsNotWorthwhileBelowItsMinimum) {
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(1).value();
  ReceiveRoom room(pool->take());
  room.take(kSegmentBytes - kReceiveRoomMin);
  EXPECT_TRUE(room.is_worthwhile());
  room.take(1);
  EXPECT_FALSE(room.is_worthwhile());
  EXPECT_FALSE(ReceiveRoom().is_worthwhile());
}

TEST(ReceiveRoom, LetsGoOfItsSegmentWhileSlicesKeepIt) {
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(1).value();
  Slice slice;
  {
    ReceiveRoom room(pool->take());
    slice = room.take(kSegmentBytes);
  }
  EXPECT_EQ(pool->free_count(), 0U);
  slice = Slice();
  EXPECT_EQ(pool->free_count(), 1U);
}

}  // namespace
}  // namespace sealgate::netio
