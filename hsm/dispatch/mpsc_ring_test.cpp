// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/mpsc_ring.h"

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "hsm/dispatch/doorbell.h"

namespace sealgate::hsm {
namespace {

TEST(MpscRing, TakesNoMoreThanItsCapacityAndGoesRound) {
  MpscRing<int, 4> ring;
  int out = 0;
  EXPECT_FALSE(ring.pop(out));
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(round * 4 + i));
    EXPECT_FALSE(ring.push(99));
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(ring.pop(out));
      EXPECT_EQ(out, round * 4 + i);
    }
    EXPECT_FALSE(ring.pop(out));
  }
}

TEST(MpscRing, CarriesEveryRecordOnceFromManyThreadsInTheirOrder) {
  constexpr std::uint32_t kProducers = 3;
  constexpr std::uint32_t kRecords = 30'000;
  struct Record {
    std::uint32_t producer;
    std::uint32_t number;
  };
  const auto ring = std::make_unique<MpscRing<Record, 64>>();
  std::vector<std::jthread> producers;
  for (std::uint32_t producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&ring, producer] {
      for (std::uint32_t number = 0; number < kRecords;) {
        if (ring->push({producer, number})) {
          ++number;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::array<std::uint32_t, kProducers> expected{};
  Record record{};
  for (std::uint32_t taken = 0; taken < kProducers * kRecords;) {
    if (!ring->pop(record)) {
      std::this_thread::yield();
      continue;
    }
    ++taken;
    ASSERT_EQ(record.number, expected[record.producer]++);
  }
  EXPECT_FALSE(ring->pop(record));
}

TEST(Doorbell, DoesNotSleepOverARingThatCameBefore) {
  Doorbell bell;
  const std::uint32_t heard = bell.listen();
  bell.ring();
  bell.wait(heard, Doorbell::kForever);  // Would hang.
  EXPECT_NE(bell.listen(), heard);
}

TEST(Doorbell, WakesAtTheTimeThough) {
  Doorbell bell;
  const TimePoint until = monotonic_now() + std::chrono::milliseconds(2);
  while (monotonic_now() < until) bell.wait(bell.listen(), until);
  bell.wait(bell.listen(), until);  // In the past: returns at once.
}

TEST(Doorbell, LosesNoRingBetweenTwoThreads) {
  constexpr std::uint32_t kRounds = 20'000;
  Doorbell ping;
  Doorbell pong;
  std::atomic<std::uint32_t> turn{0};
  std::jthread other([&] {
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      std::uint32_t heard = ping.listen();
      while (turn.load() != 2 * round + 1) {
        ping.wait(heard, Doorbell::kForever);
        heard = ping.listen();
      }
      turn.store(2 * round + 2);
      pong.ring();
    }
  });
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    turn.store(2 * round + 1);
    ping.ring();
    std::uint32_t heard = pong.listen();
    while (turn.load() != 2 * round + 2) {
      pong.wait(heard, Doorbell::kForever);
      heard = pong.listen();
    }
  }
}

}  // namespace
}  // namespace sealgate::hsm
