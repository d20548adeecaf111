// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/watched_keys.h"

#include <string>

namespace sealgate::sim {

std::size_t WatchedKeys::submit(std::span<const hsm::KeyOperation> operations) {
  const std::size_t count = inner_.submit(operations);
  for (const hsm::KeyOperation& operation : operations.first(count)) {
    open_.insert(operation.tag.value);
    if (seen_.insert(operation.tag.value).second) continue;
    stage_.ledger.violation("key operation " + std::to_string(operation.tag.value) +
                            " was submitted twice");
  }
  return count;
}

std::span<const hsm::KeyCompletion> WatchedKeys::poll() {
  completions_.clear();
  for (const hsm::KeyCompletion& completion : inner_.poll()) {
    completions_.push_back(completion);
    const bool is_doubled = stage_.plant == Plant::DoubleAnswer && stage_.happens(100);
    if (is_doubled) completions_.push_back(completion);
  }
  for (const hsm::KeyCompletion& completion : completions_) {
    if (open_.erase(completion.tag.value) == 1) continue;
    stage_.ledger.violation("key operation " + std::to_string(completion.tag.value) +
                            " completed twice or was never submitted");
  }
  return completions_;
}

}  // namespace sealgate::sim
