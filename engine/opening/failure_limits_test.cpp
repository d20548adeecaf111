// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/failure_limits.h"

#include <gtest/gtest.h>

namespace sealgate::engine::opening {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(FailureLimits, AreReachedAfterSoManyFailuresAndSayItOnce) {
  FailureLimits limits(hours(1));
  const TimePoint now{};
  EXPECT_FALSE(limits.is_reached("a", 2, now));
  EXPECT_FALSE(limits.count("a", 2, now));
  EXPECT_FALSE(limits.is_reached("a", 2, now));
  EXPECT_TRUE(limits.count("a", 2, now));
  EXPECT_TRUE(limits.is_reached("a", 2, now));
  EXPECT_FALSE(limits.count("a", 2, now));
  EXPECT_FALSE(limits.is_reached("b", 2, now));
}

TEST(FailureLimits, BeginAnewWhenTheWindowIsOver) {
  FailureLimits limits(hours(1));
  const TimePoint start{};
  limits.count("a", 1, start);
  EXPECT_TRUE(limits.is_reached("a", 1, start + minutes(59)));
  EXPECT_FALSE(limits.is_reached("a", 1, start + minutes(60)));
  EXPECT_TRUE(limits.count("a", 1, start + minutes(61)));
}

TEST(FailureLimits, CountABoundedNumberOfNames) {
  FailureLimits limits(hours(1));
  const TimePoint start{};
  for (std::size_t i = 0; i < FailureLimits::kNamesMax + 10; ++i) {
    limits.count(std::to_string(i), 1, start + minutes(i / 100'000));
  }
  EXPECT_LE(limits.size(), FailureLimits::kNamesMax + 1);
  EXPECT_FALSE(limits.is_reached("0", 1, start + minutes(1)));
  EXPECT_TRUE(limits.is_reached(std::to_string(FailureLimits::kNamesMax), 1, start + minutes(1)));
}

}  // namespace
}  // namespace sealgate::engine::opening
