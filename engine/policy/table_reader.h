// SPDX-License-Identifier: Apache-2.0
//
// Reads the keys of one table and reports what is wrong with them: wrong types, words that are
// not among the choices, and at the end every key that nobody asked for, with the nearest one
// that exists.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/names.h"
#include "engine/policy/problem.h"
#include "engine/policy/toml_tree.h"

namespace sealgate::engine::policy {

// The word of `known` nearest to `word`, where it is near enough to be meant; else "".
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

// "; did you mean `x`?", or "".
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

// Problems of one text.
class ProblemList {
 public:
  explicit ProblemList(std::vector<Problem>& problems) : problems_(problems) {}
  void error(Place place, std::string what);
  void warning(Place place, std::string what);
  bool has_error() const { return has_error_; }

 private:
  std::vector<Problem>& problems_;
  bool has_error_ = false;
};

// A string with its place.
struct PlacedText {
  std::string text;
  Place place;
};

class TableReader {
 public:
  // Requires: table.kind is Table. `name` is how messages call it: "rule", "profile `x`".
  TableReader(const TomlNode& table, std::string name, ProblemList& problems)
      : table_(table), name_(std::move(name)), problems_(problems) {}

  Place place() const { return table_.place; }
  Place place_of(std::string_view key) const;
  bool has(std::string_view key) const;

  // Each is none where the key is absent or wrong; the latter is reported.
  std::optional<std::string> text(std::string_view key, std::size_t bytes_max);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::int64_t> number(std::string_view key, std::int64_t min, std::int64_t max);
  // Octets: a number, or "10 MiB", "64 KiB", "1 GiB".
  std::optional<std::uint64_t> octets(std::string_view key, std::uint64_t max);
  // One string or a list of strings, none empty, each at most `bytes_max` octets.
  std::vector<PlacedText> texts(std::string_view key, std::size_t bytes_max);
  // One table or a list of tables.
  std::vector<const TomlNode*> tables(std::string_view key, std::size_t count_max);

  template <typename Choices>
  auto choice(std::string_view key, const Choices& choices)
      -> std::optional<decltype(choices.front().value)> {
    const std::optional<std::string> word = text(key, kWordBytesMax);
    if (!word) return std::nullopt;
    std::vector<std::string> words;
    for (const auto& one : choices) {
      if (one.word == *word) return one.value;
      words.emplace_back(one.word);
    }
    report_choice(key, *word, words);
    return std::nullopt;
  }

  // Reports every key that was not asked for.
  void finish();

 private:
  static constexpr std::size_t kWordBytesMax = 100;

  const TomlNode* find(std::string_view key);
  const TomlNode* find(std::string_view key, TomlKind kind);
  void report_choice(std::string_view key, const std::string& word,
                     const std::vector<std::string>& words);
  void take_text(const TomlNode& node, std::string_view key, std::size_t bytes_max,
                 std::vector<PlacedText>& into);

  const TomlNode& table_;
  std::string name_;
  ProblemList& problems_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace sealgate::engine::policy
