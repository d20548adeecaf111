// SPDX-License-Identifier: Apache-2.0
//
// Where in the source an error was made. Stands in for std::source_location, which
// clang 14 cannot compile with libstdc++ 12.
#pragma once

#include <cstdint>

namespace sealgate {

struct SourceLocation {
  const char* file = "";
  std::uint32_t line = 0;

  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          std::uint32_t line = __builtin_LINE()) {
    return {.file = file, .line = line};
  }
};

}  // namespace sealgate
