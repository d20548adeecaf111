// SPDX-License-Identifier: Apache-2.0
//
// A key queue that watches another one: each operation is submitted once and completes once.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "hsm/api/key_queue.h"
#include "tests/sim/peers.h"

namespace sealgate::sim {

class WatchedKeys final : public hsm::KeyQueue {
 public:
  WatchedKeys(hsm::KeyQueue& inner, Stage& stage) : inner_(inner), stage_(stage) {}

  std::size_t submit(std::span<const hsm::KeyOperation> operations) override;
  std::span<const hsm::KeyCompletion> poll() override;
  std::size_t open_count() const { return open_.size(); }
  std::uint64_t count() const { return seen_.size(); }

 private:
  hsm::KeyQueue& inner_;
  Stage& stage_;
  std::set<std::uint64_t> seen_;
  std::set<std::uint64_t> open_;
  std::vector<hsm::KeyCompletion> completions_;
};

}  // namespace sealgate::sim
