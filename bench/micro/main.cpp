// SPDX-License-Identifier: Apache-2.0
//
// Counts every heap allocation of the process, then runs the benchmarks.
#include <cstdlib>
#include <new>

#include <benchmark/benchmark.h>
#include <openssl/crypto.h>

#include "bench/micro/counters.h"

namespace {

// The benchmarks have one thread.
std::uint64_t allocations = 0;
std::uint64_t allocated = 0;

void* counted(std::size_t size) {
  ++allocations;
  allocated += size;
  return std::malloc(size);
}

void* openssl_malloc(std::size_t size, const char*, int) {
  return counted(size);
}
void* openssl_realloc(void* old, std::size_t size, const char*, int) {
  ++allocations;
  allocated += size;
  return std::realloc(old, size);
}
void openssl_free(void* memory, const char*, int) {
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = counted(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sealgate::bench {
std::uint64_t allocation_count() {
  return allocations;
}
std::uint64_t allocated_bytes() {
  return allocated;
}
}  // namespace sealgate::bench

int main(int argc, char** argv) {
  // Before OpenSSL allocates anything, or it refuses.
  if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) return 70;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
