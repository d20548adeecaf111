// SPDX-License-Identifier: Apache-2.0
//
// A TOML text as a plain tree with places. toml++ is included by the source file of this header
// alone: it takes long to compile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/problem.h"

namespace sealgate::engine::policy {

struct Place {
  std::uint32_t line = 0;  // From 1.
  std::uint32_t column = 0;
  auto operator<=>(const Place&) const = default;
};

enum class TomlKind : std::uint8_t { Table, Array, String, Integer, Boolean, Other };

// "a table", "a string".
std::string_view name_of(TomlKind kind);

struct TomlNode {
  TomlKind kind = TomlKind::Other;
  Place place;        // Of the key where it has one, else of the value.
  Place value_place;  // Of the value.
  std::string key;    // In a table.
  std::string text;   // String.
  std::int64_t number = 0;
  bool flag = false;
  std::vector<TomlNode> children;  // Table: in the order of the text. Array: in its order.
};

// The tree of a UTF-8 text of at most kPolicyBytesMax octets; none with one more problem where
// it is not TOML 1.0.
std::optional<TomlNode> parse_toml(std::string_view text, std::vector<Problem>& problems);

}  // namespace sealgate::engine::policy
