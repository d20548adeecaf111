// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/shard_metrics.h"

#include <bit>

namespace sealgate::app {

// Words rather than fields: a counter added to one of the structs needs no line here. All loads
// and stores are relaxed: the numbers guard nothing.
void ShardMetrics::publish(const ShardNumbers& numbers) {
  const auto words = std::bit_cast<std::array<std::uint64_t, kWords>>(numbers);
  for (std::size_t i = 0; i < kWords; ++i) {
    words_[i].store(words[i], std::memory_order_relaxed);
  }
}

ShardNumbers ShardMetrics::read() const {
  std::array<std::uint64_t, kWords> words{};
  for (std::size_t i = 0; i < kWords; ++i) {
    words[i] = words_[i].load(std::memory_order_relaxed);
  }
  return std::bit_cast<ShardNumbers>(words);
}

}  // namespace sealgate::app
