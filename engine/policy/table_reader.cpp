// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/table_reader.h"

#include <algorithm>
#include <charconv>

#include "engine/policy/policy.h"

namespace sealgate::engine::policy {
namespace {

// Levenshtein's distance; both words are short.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string quoted(std::string_view word) {
  return "`" + std::string(word) + "`";
}

struct Unit {
  std::string_view word;
  std::uint64_t octets;
};
constexpr std::array kUnits = {Unit{"KiB", 1ULL << 10U}, Unit{"MiB", 1ULL << 20U},
                               Unit{"GiB", 1ULL << 30U}};

// "10 MiB" as octets; none where it is not of that form or overflows.
std::optional<std::uint64_t> parse_octets(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc()) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& one : kUnits) {
    if (unit == one.word && count <= UINT64_MAX / one.octets) return count * one.octets;
  }
  return std::nullopt;
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kWordShownMax = 64;
  if (word.size() > kWordShownMax) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(word.size() < 4 ? 1 : 2, word.size() / 3) + 1;
  for (const std::string& one : known) {
    if (one.size() > kWordShownMax) continue;
    const std::size_t far = distance(word, one);
    if (far < best_distance) {
      best = one;
      best_distance = far;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string best = nearest_word(word, known);
  return best.empty() ? "" : "; did you mean " + quoted(best) + "?";
}

void ProblemList::error(Place place, std::string what) {
  has_error_ = true;
  // A text of nothing but faults need not be answered at length.
  constexpr std::size_t kProblemsMax = 200;
  if (problems_.size() >= kProblemsMax) return;
  problems_.push_back({.severity = Problem::Severity::Error,
                       .line = place.line,
                       .column = place.column,
                       .what = std::move(what)});
}

void ProblemList::warning(Place place, std::string what) {
  constexpr std::size_t kProblemsMax = 200;
  if (problems_.size() >= kProblemsMax) return;
  problems_.push_back({.severity = Problem::Severity::Warning,
                       .line = place.line,
                       .column = place.column,
                       .what = std::move(what)});
}

const TomlNode* TableReader::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = std::find_if(table_.children.begin(), table_.children.end(),
                                  [&](const TomlNode& child) { return child.key == key; });
  return found == table_.children.end() ? nullptr : &*found;
}

const TomlNode* TableReader::find(std::string_view key, TomlKind kind) {
  const TomlNode* node = find(key);
  if (node == nullptr || node->kind == kind) return node;
  problems_.error(node->place, quoted(key) + " must be " + std::string(name_of(kind)) + ", not " +
                                   std::string(name_of(node->kind)));
  return nullptr;
}

Place TableReader::place_of(std::string_view key) const {
  for (const TomlNode& child : table_.children) {
    if (child.key == key) return child.place;
  }
  return table_.place;
}

bool TableReader::has(std::string_view key) const {
  return std::any_of(table_.children.begin(), table_.children.end(),
                     [&](const TomlNode& child) { return child.key == key; });
}

void TableReader::take_text(const TomlNode& node, std::string_view key, std::size_t bytes_max,
                            std::vector<PlacedText>& into) {
  if (node.kind != TomlKind::String) {
    problems_.error(node.place,
                    quoted(key) + " must hold strings, not " + std::string(name_of(node.kind)));
  } else if (node.text.empty()) {
    problems_.error(node.place, quoted(key) + " holds an empty string");
  } else if (node.text.size() > bytes_max) {
    problems_.error(node.place, quoted(key) + " holds a string of more than " +
                                    std::to_string(bytes_max) + " octets");
  } else {
    into.push_back({.text = node.text, .place = node.value_place});
  }
}

std::optional<std::string> TableReader::text(std::string_view key, std::size_t bytes_max) {
  const TomlNode* node = find(key, TomlKind::String);
  if (node == nullptr) return std::nullopt;
  std::vector<PlacedText> texts;
  take_text(*node, key, bytes_max, texts);
  if (texts.empty()) return std::nullopt;
  return texts.front().text;
}

std::optional<bool> TableReader::flag(std::string_view key) {
  const TomlNode* node = find(key, TomlKind::Boolean);
  if (node == nullptr) return std::nullopt;
  return node->flag;
}

std::optional<std::int64_t> TableReader::number(std::string_view key, std::int64_t min,
                                                std::int64_t max) {
  const TomlNode* node = find(key, TomlKind::Integer);
  if (node == nullptr) return std::nullopt;
  if (node->number >= min && node->number <= max) return node->number;
  problems_.error(node->place, quoted(key) + " must be from " + std::to_string(min) + " to " +
                                   std::to_string(max));
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::octets(std::string_view key, std::uint64_t max) {
  const TomlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  std::optional<std::uint64_t> value;
  if (node->kind == TomlKind::Integer && node->number >= 0) {
    value = static_cast<std::uint64_t>(node->number);
  } else if (node->kind == TomlKind::String) {
    value = parse_octets(node->text);
  }
  if (value && *value <= max) return value;
  problems_.error(node->place, quoted(key) + " must be a number of octets, or like \"10 MiB\" " +
                                   "(KiB, MiB, GiB), at most " + std::to_string(max) + " octets");
  return std::nullopt;
}

std::vector<PlacedText> TableReader::texts(std::string_view key, std::size_t bytes_max) {
  std::vector<PlacedText> texts;
  const TomlNode* node = find(key);
  if (node == nullptr) return texts;
  if (node->kind == TomlKind::String) {
    take_text(*node, key, bytes_max, texts);
  } else if (node->kind != TomlKind::Array) {
    problems_.error(node->place, quoted(key) + " must be a string or a list of strings, not " +
                                     std::string(name_of(node->kind)));
  } else if (node->children.empty()) {
    problems_.error(node->place, quoted(key) + " is an empty list: it could never match");
  } else if (node->children.size() > kListEntriesMax) {
    problems_.error(node->place,
                    quoted(key) + " has more than " + std::to_string(kListEntriesMax) + " entries");
  } else {
    for (const TomlNode& child : node->children) take_text(child, key, bytes_max, texts);
  }
  return texts;
}

std::vector<const TomlNode*> TableReader::tables(std::string_view key, std::size_t count_max) {
  std::vector<const TomlNode*> tables;
  const TomlNode* node = find(key);
  if (node == nullptr) return tables;
  if (node->kind == TomlKind::Table) {
    tables.push_back(node);
  } else if (node->kind != TomlKind::Array) {
    problems_.error(node->place, quoted(key) + " must be a table or a list of tables, not " +
                                     std::string(name_of(node->kind)));
  } else if (node->children.size() > count_max) {
    problems_.error(node->place,
                    "there are more than " + std::to_string(count_max) + " of " + quoted(key));
  } else {
    for (const TomlNode& child : node->children) {
      if (child.kind == TomlKind::Table) {
        tables.push_back(&child);
      } else {
        problems_.error(child.place,
                        quoted(key) + " must hold tables, not " + std::string(name_of(child.kind)));
      }
    }
  }
  return tables;
}

void TableReader::report_choice(std::string_view key, const std::string& word,
                                const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& one : words) list += (list.empty() ? "" : ", ") + quoted(one);
  problems_.error(place_of(key), quoted(key) + " is " + quoted(word) + " but must be one of " +
                                     list + suggestion(word, words));
}

void TableReader::finish() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const TomlNode& child : table_.children) {
    if (asked_.contains(child.key)) continue;
    problems_.error(child.place, "unknown key " + quoted(child.key) + " in " + name_ +
                                     suggestion(child.key, known));
  }
}

}  // namespace sealgate::engine::policy
