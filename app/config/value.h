// SPDX-License-Identifier: Apache-2.0
//
// A TOML document as a plain tree in which every value knows its place. Only value.cpp knows the
// TOML library, so that it is compiled once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/problem.h"

namespace sealgate::app {

struct Value {
  enum class Kind : std::uint8_t { Text, Integer, Flag, List, Table, Other };

  struct Entry;

  Kind kind = Kind::Table;
  Place place;
  std::string text;
  std::int64_t integer = 0;
  bool flag = false;
  std::vector<Value> items;    // Of a List.
  std::vector<Entry> entries;  // Of a Table, in the order of their names.

  const Value* find(std::string_view name) const;
};

struct Value::Entry {
  std::string name;
  Place place;
  Value value;
};

// "a string", "a table", for messages.
std::string_view name_of(Value::Kind kind);

// The document `text`, which came from `file`. What is not TOML becomes one problem and nothing.
std::optional<Value> parse_toml(std::string_view text, const std::string& file, Problems& problems);

// Lays `above` over `below`: tables are merged, lists of tables are appended, everything else is
// replaced.
void merge(Value& below, Value above);

}  // namespace sealgate::app
