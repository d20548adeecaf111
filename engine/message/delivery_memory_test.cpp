// SPDX-License-Identifier: Apache-2.0
#include "engine/message/delivery_memory.h"

#include <gtest/gtest.h>

namespace sealgate::engine {
namespace {

using namespace std::chrono_literals;
using Knowledge = DeliveryMemory::Knowledge;

constexpr TimePoint kStart{};

ContentDigest content(std::uint8_t number) {
  ContentDigest digest{};
  digest[0] = number;
  return digest;
}

TEST(DeliveryMemory, PrintsDifferInEveryPart) {
  const MessagePrint print = message_print("a@b", "<1>", 10);
  EXPECT_EQ(print, message_print("a@b", "<1>", 10));
  EXPECT_NE(print, message_print("a@c", "<1>", 10));
  EXPECT_NE(print, message_print("a@b", "<2>", 10));
  EXPECT_NE(print, message_print("a@b", "<1>", 11));
  EXPECT_NE(message_print("ab", "c", 1), message_print("a", "bc", 1));
}

TEST(DeliveryMemory, TellsWhatIsSettledOfTheVeryContent) {
  DeliveryMemory memory(100, 1h);
  const MessagePrint print = message_print("a@b", "<1>", 10);
  EXPECT_EQ(memory.look_up(print), Knowledge::None);
  memory.remember(print, content(1), {"x@y"}, kStart);
  memory.remember(print, content(1), {"z@y"}, kStart);
  EXPECT_EQ(memory.look_up(print), Knowledge::Settled);
  EXPECT_EQ(memory.settled(print, content(1)), (std::set<std::string>{"x@y", "z@y"}));
  EXPECT_TRUE(memory.settled(print, content(2)).empty());
  EXPECT_EQ(memory.size(), 2U);
  memory.forget(print, content(1));
  EXPECT_EQ(memory.look_up(print), Knowledge::None);
  EXPECT_EQ(memory.size(), 0U);
}

TEST(DeliveryMemory, IsPendingUntilTheLastAttemptEnds) {
  DeliveryMemory memory(100, 1h);
  const MessagePrint print = message_print("a@b", "<1>", 10);
  memory.begin(print);
  memory.begin(print);
  memory.end(print);
  EXPECT_EQ(memory.look_up(print), Knowledge::Pending);
  memory.end(print);
  EXPECT_EQ(memory.look_up(print), Knowledge::None);
}

TEST(DeliveryMemory, ForgetsWithTime) {
  DeliveryMemory memory(100, 1h);
  const MessagePrint print = message_print("a@b", "<1>", 10);
  memory.remember(print, content(1), {"x@y"}, kStart);
  memory.expire(kStart + 1h - 1ns);
  EXPECT_EQ(memory.look_up(print), Knowledge::Settled);
  // What is remembered anew lives anew.
  memory.remember(print, content(1), {"z@y"}, kStart + 30min);
  memory.expire(kStart + 1h);
  EXPECT_EQ(memory.settled(print, content(1)).size(), 2U);
  memory.expire(kStart + 90min);
  EXPECT_EQ(memory.look_up(print), Knowledge::None);
  EXPECT_EQ(memory.size(), 0U);
}

TEST(DeliveryMemory, TheOldestMakesRoom) {
  DeliveryMemory memory(3, 1h);
  const MessagePrint first = message_print("a@b", "<1>", 10);
  const MessagePrint second = message_print("a@b", "<2>", 10);
  memory.remember(first, content(1), {"x@y", "z@y"}, kStart);
  memory.remember(second, content(2), {"x@y", "z@y"}, kStart + 1s);
  EXPECT_EQ(memory.look_up(first), Knowledge::None);
  EXPECT_EQ(memory.look_up(second), Knowledge::Settled);
  EXPECT_EQ(memory.size(), 2U);
  memory.remember(first, content(1), {"1", "2", "3", "4"}, kStart + 2s);
  EXPECT_EQ(memory.look_up(first), Knowledge::None) << "more than there is room for";
  EXPECT_EQ(memory.look_up(second), Knowledge::Settled);
}

}  // namespace
}  // namespace sealgate::engine
