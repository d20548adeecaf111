// SPDX-License-Identifier: Apache-2.0
//
// JSON of the command line's output: keys in the order in which they are written.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

namespace sealgate::app {

using Json = nlohmann::ordered_json;

// Two-space indented, with a line end. What is not UTF-8 is replaced.
inline void print_json(const Json& value, std::ostream& to) {
  to << value.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

// A token's texts come from the token: nothing but printable characters reaches a terminal.
inline std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return result;
}

}  // namespace sealgate::app
