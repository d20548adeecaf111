// SPDX-License-Identifier: Apache-2.0
//
// The simulator itself: it replays, it does real work, and it finds faults that are planted.
#include "tests/sim/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealgate::sim {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Simulation, ASeedReplaysExactly) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SimResult first = run_simulation({.seed = seed});
    const SimResult second = run_simulation({.seed = seed});
    EXPECT_EQ(first.trace, second.trace) << seed;
    EXPECT_EQ(first.turns, second.turns) << seed;
    EXPECT_THAT(first.violations, IsEmpty());
  }
}

TEST(Simulation, SeedsDifferAndMailGetsThrough) {
  std::set<std::uint64_t> traces;
  std::uint64_t accepted = 0;
  std::uint64_t reports = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const SimResult result = run_simulation({.seed = seed});
    traces.insert(result.trace);
    accepted += result.accepted;
    reports += result.reports;
  }
  EXPECT_EQ(traces.size(), 20U);
  EXPECT_GT(accepted, 100U);
  EXPECT_GT(reports, 0U);
}

// All violations of some seeds under a planted fault.
std::vector<std::string> violations_with(Plant plant) {
  std::vector<std::string> violations;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const SimResult result = run_simulation({.seed = seed, .plant = plant});
    violations.insert(violations.end(), result.violations.begin(), result.violations.end());
  }
  return violations;
}

TEST(Simulation, FindsALostCopy) {
  EXPECT_THAT(violations_with(Plant::LostCopy), Contains(HasSubstr("accepted, but lost")));
}

TEST(Simulation, FindsACopyInClear) {
  EXPECT_THAT(violations_with(Plant::ClearCopy), Contains(HasSubstr("left unencrypted")));
}

TEST(Simulation, FindsADoubleDelivery) {
  EXPECT_THAT(violations_with(Plant::DoubleDelivery), Contains(HasSubstr("delivered twice")));
}

TEST(Simulation, FindsAKeyOperationThatCompletesTwice) {
  EXPECT_THAT(violations_with(Plant::DoubleAnswer), Contains(HasSubstr("completed twice")));
}

}  // namespace
}  // namespace sealgate::sim
