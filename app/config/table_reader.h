// SPDX-License-Identifier: Apache-2.0
//
// TableReader takes one table of the configuration apart: each value is checked against its key
// (key.h) and falls back to the key's default. What does not fit becomes a problem with its
// place; a value is returned all the same, so that reading goes on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/key.h"
#include "app/config/value.h"
#include "base/clock.h"

namespace sealgate::app {

class TableReader {
 public:
  // Reports the unknown keys of `table` at once. `table` outlives the reader and is a Table.
  TableReader(const Value& table, std::string_view section, Problems& problems);

  bool has(std::string_view name) const { return table_.find(name) != nullptr; }
  // Where the value stands; the table's own place where it is absent.
  std::string place(std::string_view name) const;

  std::string text(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  std::string path(std::string_view name);
  std::int64_t count(std::string_view name);
  std::vector<std::int64_t> counts(std::string_view name);
  std::uint64_t size(std::string_view name);
  Duration span(std::string_view name);
  bool flag(std::string_view name);
  // The index in the key's choices.
  std::size_t choice(std::string_view name);

  void report(std::string_view name, std::string what);

 private:
  const Value* take(const Key& key, Value::Kind kind);
  std::int64_t bounded(const Key& key, std::int64_t value, std::string_view shown);

  const Value& table_;
  std::string_view section_;
  Problems& problems_;
};

// "100MiB", "64KiB", "12": bytes. Nothing where it is not a size below 2^62.
std::optional<std::int64_t> parse_size(std::string_view text);
// "500us", "30s", "5m", "1h": nanoseconds.
std::optional<std::int64_t> parse_span(std::string_view text);
// 1.5e9 ns as "1500ms": the largest unit without a fraction.
std::string span_text(std::int64_t nanoseconds);

}  // namespace sealgate::app
