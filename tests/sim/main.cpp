// SPDX-License-Identifier: Apache-2.0
//
// sealgate_sim [--seed N] [--seeds COUNT] [--plant NAME]
//
// Runs the simulation for COUNT seeds (1) from N (1) on and prints what it found. A seed that is
// printed with a violation gives the same run again. With --plant the environment has a fault
// that the checker must find. Exit status: 0 without violations, 1 with, 2 for wrong usage.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/sim/simulation.h"

namespace {

using sealgate::sim::Plant;

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  Plant plant = Plant::Nothing;
  bool is_valid = true;
};

bool read_plant(std::string_view name, Plant& plant) {
  if (name == "lost-copy") plant = Plant::LostCopy;
  if (name == "clear-copy") plant = Plant::ClearCopy;
  if (name == "double-delivery") plant = Plant::DoubleDelivery;
  if (name == "double-answer") plant = Plant::DoubleAnswer;
  return plant != Plant::Nothing;
}

bool read_number(const char* text, std::uint64_t& number) {
  char* end = nullptr;
  number = std::strtoull(text, &end, 10);
  return end != text && *end == '\0';
}

Arguments read_arguments(int count, char** arguments) {
  Arguments read;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name(arguments[i]);
    if (i + 1 == count) {
      read.is_valid = false;
    } else if (name == "--seed") {
      read.is_valid &= read_number(arguments[i + 1], read.seed);
    } else if (name == "--seeds") {
      read.is_valid &= read_number(arguments[i + 1], read.seeds);
    } else if (name == "--plant") {
      read.is_valid &= read_plant(arguments[i + 1], read.plant);
    } else {
      read.is_valid = false;
    }
  }
  return read;
}

}  // namespace

int main(int count, char** arguments) {
  const Arguments read = read_arguments(count, arguments);
  if (!read.is_valid) {
    std::cerr << "usage: sealgate_sim [--seed N] [--seeds COUNT] [--plant "
                 "lost-copy|clear-copy|double-delivery|double-answer]\n";
    return 2;
  }
  sealgate::sim::SimResult total;
  bool has_violation = false;
  for (std::uint64_t seed = read.seed; seed < read.seed + read.seeds; ++seed) {
    const sealgate::sim::SimResult result =
        sealgate::sim::run_simulation({.seed = seed, .plant = read.plant});
    for (const std::string& violation : result.violations) {
      std::cout << "seed " << seed << ": violation: " << violation << "\n";
      has_violation = true;
    }
    if (read.seeds == 1) {
      std::cout << "seed " << seed << ": trace " << std::hex << result.trace << std::dec << "\n";
    }
    total.turns += result.turns;
    total.messages += result.messages;
    total.accepted += result.accepted;
    total.copies += result.copies;
    total.key_operations += result.key_operations;
    total.reports += result.reports;
  }
  std::cout << read.seeds << " seeds, " << total.turns << " turns, " << total.messages
            << " messages, " << total.accepted << " accepted, " << total.copies << " copies, "
            << total.reports << " DSNs, " << total.key_operations << " key operations\n";
  return has_violation ? 1 : 0;
}
