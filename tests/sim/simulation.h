// SPDX-License-Identifier: Apache-2.0
//
// The whole data plane on one thread: the pipeline and the mail service of the product between
// simulated clients, next hops, network, clock and token. One seed decides load, limits and
// faults; the same seed gives the same run.
//
// After each turn and at the end the ledger and the counters are checked: no message lost, none
// delivered twice, nothing unsealed that policy wanted sealed, each key operation completed
// once, every buffer back in its pool.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/peers.h"

namespace sealgate::sim {

struct SimOptions {
  std::uint64_t seed = 1;
  Plant plant = Plant::Nothing;
};

struct SimResult {
  std::vector<std::string> violations;
  std::uint64_t turns = 0;
  std::uint64_t messages = 0;
  std::uint64_t accepted = 0;
  std::uint64_t copies = 0;
  std::uint64_t key_operations = 0;
  std::uint64_t reports = 0;
  std::uint64_t trace = 0;  // A digest of everything that happened: equal runs, equal traces.
};

SimResult run_simulation(const SimOptions& options);

}  // namespace sealgate::sim
