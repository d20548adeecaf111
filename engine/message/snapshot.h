// SPDX-License-Identifier: Apache-2.0
//
// The inside of a snapshot: what deciding and planning read. compile_snapshot() makes it
// (engine/api/snapshot.h).
#pragma once

#include <cstdint>

#include "engine/api/snapshot.h"

namespace sealgate::engine {

class Snapshot {
 public:
  std::uint64_t generation() const { return generation_; }

 private:
  std::uint64_t generation_ = 0;
};

}  // namespace sealgate::engine
