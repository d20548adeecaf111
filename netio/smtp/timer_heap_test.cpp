// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/timer_heap.h"

#include <gtest/gtest.h>

namespace sealgate::netio {
namespace {

using std::chrono::minutes;

constexpr TimePoint kBegin{};

TEST(TimerHeap, GivesEachDueConnectionOnce) {
  TimerHeap timers;
  timers.arm({1}, kBegin + minutes(2));
  timers.arm({2}, kBegin + minutes(1));
  timers.arm({2}, kBegin + minutes(3));
  EXPECT_FALSE(timers.take_due(kBegin + minutes(1)));
  EXPECT_EQ(timers.take_due(kBegin + minutes(3)), ConnectionId{1});
  EXPECT_EQ(timers.take_due(kBegin + minutes(3)), ConnectionId{2});
  EXPECT_FALSE(timers.take_due(kBegin + minutes(9)));
}

TEST(TimerHeap, KeepsNothingOfConnectionsThatComeAndGo) {
  TimerHeap timers;
  timers.arm({1}, kBegin + minutes(2));
  for (std::uint64_t id = 2; id < 10'000; ++id) {
    timers.arm({id}, kBegin + minutes(5));
    timers.forget({id});
    ASSERT_LE(timers.entry_count(), TimerHeap::kEntriesKept + 2);
  }
  EXPECT_EQ(timers.take_due(kBegin + minutes(9)), ConnectionId{1});
  EXPECT_FALSE(timers.take_due(kBegin + minutes(9)));
}

}  // namespace
}  // namespace sealgate::netio
