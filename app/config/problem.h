// SPDX-License-Identifier: Apache-2.0
//
// What an operator has to correct in a file. Files are read to their end, so that one run shows
// every problem.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sealgate::app {

// A place in a text file; line and column count from 1, 0 where there is none.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  // "sealgate.toml:12:3", or the file alone.
  std::string text() const;
};

struct Problem {
  std::string where;
  std::string what;

  std::string text() const { return where.empty() ? what : where + ": " + what; }
};
using Problems = std::vector<Problem>;

}  // namespace sealgate::app
