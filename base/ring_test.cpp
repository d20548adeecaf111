// SPDX-License-Identifier: Apache-2.0
#include "base/ring.h"

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sealgate {
namespace {

TEST(SpscRing, TakesNoMoreThanItsCapacity) {
  SpscRing<int, 4> ring;
  const std::array<int, 6> records = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(ring.push(records), 4U);
  EXPECT_EQ(ring.push(std::span(records).subspan(4)), 0U);

  std::array<int, 6> out{};
  EXPECT_EQ(ring.pop(out), 4U);
  EXPECT_EQ(out, (std::array<int, 6>{1, 2, 3, 4, 0, 0}));
  EXPECT_TRUE(ring.is_empty());
}

TEST(SpscRing, CarriesEveryRecordOnceInOrderBetweenTwoThreads) {
  constexpr std::uint32_t kRecords = 200'000;
  const auto ring = std::make_unique<SpscRing<std::uint32_t, 64>>();
  std::jthread producer([&] {
    std::uint32_t next = 0;
    while (next < kRecords) {
      std::array<std::uint32_t, 7> burst{};
      std::uint32_t count = 0;
      while (count < burst.size() && next + count < kRecords) {
        burst[count] = next + count;
        ++count;
      }
      next += static_cast<std::uint32_t>(ring->push(std::span(burst).first(count)));
      if (count == 0) std::this_thread::yield();
    }
  });
  std::uint32_t expected = 0;
  std::array<std::uint32_t, 5> burst{};
  while (expected < kRecords) {
    const std::size_t count = ring->pop(burst);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(burst[i], expected++);
    if (count == 0) std::this_thread::yield();
  }
  EXPECT_TRUE(ring->is_empty());
}

}  // namespace
}  // namespace sealgate
