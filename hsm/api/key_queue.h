// SPDX-License-Identifier: Apache-2.0
//
// KeyQueue is one shard's way to every token: bursts of operations in, completions out, in
// any order. Each operation that was taken completes exactly once.
//
// Threading: one queue belongs to one shard thread. Neither call blocks.
#pragma once

#include <cstddef>
#include <span>

#include "hsm/api/key_operation.h"

namespace sealgate::hsm {

class KeyQueue {
 public:
  virtual ~KeyQueue() = default;

  // How many of `operations` it took, from the front. The rest stays with the caller: a full
  // queue pushes back.
  virtual std::size_t submit(std::span<const KeyOperation> operations) = 0;

  // What has completed since the last call; valid until the next call.
  virtual std::span<const KeyCompletion> poll() = 0;
};

}  // namespace sealgate::hsm
