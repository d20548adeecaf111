// SPDX-License-Identifier: Apache-2.0
//
// What every micro benchmark reports besides time, because it does not depend on the machine:
// bytes copied by our code and heap allocations (ours and OpenSSL's), each for one operation.
#pragma once

#include <cstdint>

#include <benchmark/benchmark.h>

#include "base/bytes.h"

namespace sealgate::bench {

// operator new and OpenSSL's allocator together, since the start (allocations.cpp).
std::uint64_t allocation_count();
std::uint64_t allocated_bytes();

// Reads the counters when made and reports the difference when done.
class CostMeter {
 public:
  CostMeter()
      : copied_(copied_bytes()), allocations_(allocation_count()), allocated_(allocated_bytes()) {}

  // `bytes` is the size of the message that one iteration works on.
  void report(benchmark::State& state, std::uint64_t bytes) const {
    const auto iterations = static_cast<double>(state.iterations());
    const auto size = static_cast<double>(bytes);
    state.SetBytesProcessed(static_cast<std::int64_t>(iterations * size));
    state.counters["copied_per_byte"] =
        static_cast<double>(copied_bytes() - copied_) / iterations / size;
    state.counters["allocs"] = static_cast<double>(allocation_count() - allocations_) / iterations;
    state.counters["heap_per_byte"] =
        static_cast<double>(allocated_bytes() - allocated_) / iterations / size;
  }

 private:
  std::uint64_t copied_;
  std::uint64_t allocations_;
  std::uint64_t allocated_;
};

}  // namespace sealgate::bench
