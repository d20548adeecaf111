// SPDX-License-Identifier: Apache-2.0
#include "app/config/table_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/check.h"

namespace sealgate::app {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array kSizeUnits = {Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20},
                                   Unit{"GiB", 1LL << 30}, Unit{"", 1}};
constexpr std::array kSpanUnits = {Unit{"us", 1000}, Unit{"ms", 1'000'000},
                                   Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000},
                                   Unit{"h", 3'600'000'000'000}};

std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0) {
    return std::nullopt;
  }
  const std::string_view unit_name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name == unit_name && number <= (std::int64_t{1} << 62) / unit.factor) {
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::string size_text(std::int64_t bytes) {
  for (const Unit& unit : {kSizeUnits[2], kSizeUnits[1], kSizeUnits[0]}) {
    if (bytes != 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

std::string limit_text(const Key& key, std::int64_t value) {
  switch (key.kind) {
    case KeyKind::Size:
      return size_text(value);
    case KeyKind::Span:
      return span_text(value);
    default:
      return std::to_string(value);
  }
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizeUnits);
}

std::optional<std::int64_t> parse_span(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  return parse_with_unit(text, kSpanUnits);
}

std::string span_text(std::int64_t nanoseconds) {
  for (std::size_t i = kSpanUnits.size(); i-- > 0;) {
    if (nanoseconds != 0 && nanoseconds % kSpanUnits[i].factor == 0) {
      return std::to_string(nanoseconds / kSpanUnits[i].factor) + std::string(kSpanUnits[i].name);
    }
  }
  return nanoseconds == 0 ? "0" : std::to_string(nanoseconds / 1000) + "us";
}

TableReader::TableReader(const Value& table, std::string_view section, Problems& problems)
    : table_(table), section_(section), problems_(problems) {
  std::vector<std::string_view> known;
  for (const Key& key : config_keys()) {
    if (key.section == section) {
      known.push_back(key.name);
    }
  }
  if (section.empty()) {
    for (const Section& other : config_sections()) {
      if (!other.name.empty()) {
        known.push_back(other.name);
      }
    }
  }
  for (const Value::Entry& entry : table.entries) {
    if (std::find(known.begin(), known.end(), entry.name) != known.end()) {
      continue;
    }
    const std::string_view meant = closest(entry.name, known);
    std::string what = "there is no key `" + entry.name + "`";
    what += section.empty() ? " at the top of the file" : " in " + std::string(section);
    what += meant.empty() ? "; see sealgate.toml(5) for those there are"
                          : "; did you mean `" + std::string(meant) + "`?";
    problems_.push_back(Problem{entry.place.text(), std::move(what)});
  }
}

std::string TableReader::place(std::string_view name) const {
  const Value* value = table_.find(name);
  return value == nullptr ? table_.place.text() : value->place.text();
}

void TableReader::report(std::string_view name, std::string what) {
  problems_.push_back(Problem{place(name), std::move(what)});
}

const Value* TableReader::take(const Key& key, Value::Kind kind) {
  const Value* value = table_.find(key.name);
  if (value == nullptr) {
    if (key.presence == Presence::Required) {
      report(key.name, "`" + std::string(key.name) + "` is missing in " + std::string(section_) +
                           "; for example: " + std::string(key.name) + " = " +
                           (kind == Value::Kind::Text ? "\"" + std::string(key.example) + "\""
                                                      : std::string(key.example)));
    }
    return nullptr;
  }
  if (value->kind != kind) {
    report(key.name, "`" + std::string(key.name) + "` has to be " + std::string(name_of(kind)) +
                         " and is " + std::string(name_of(value->kind)));
    return nullptr;
  }
  return value;
}

std::int64_t TableReader::bounded(const Key& key, std::int64_t value, std::string_view shown) {
  if (value >= key.low && value <= key.high) {
    return value;
  }
  report(key.name, "`" + std::string(key.name) + "` is " + std::string(shown) +
                       " and has to be between " + limit_text(key, key.low) + " and " +
                       limit_text(key, key.high));
  return value < key.low ? key.low : key.high;
}

std::string TableReader::text(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = take(key, Value::Kind::Text);
  if (value == nullptr) {
    return std::string(key.standard);
  }
  if (value->text.empty() || has_control_character(value->text)) {
    report(name, "`" + std::string(name) + "` is empty or holds control characters");
  }
  return value->text;
}

std::vector<std::string> TableReader::texts(std::string_view name) {
  const Key& key = config_key(section_, name);
  std::vector<std::string> result;
  const Value* value = take(key, Value::Kind::List);
  if (value == nullptr) {
    return result;
  }
  for (const Value& item : value->items) {
    if (item.kind != Value::Kind::Text || item.text.empty() || has_control_character(item.text)) {
      problems_.push_back(
          Problem{item.place.text(),
                  "`" + std::string(name) + "` is a list of strings that are not empty"});
      continue;
    }
    result.push_back(item.text);
  }
  if (key.presence == Presence::Required && value->items.empty()) {
    report(name, "`" + std::string(name) + "` is empty");
  }
  return result;
}

std::string TableReader::path(std::string_view name) {
  const std::string given = text(name);
  if (given.empty() || given.front() == '/') {
    return given;
  }
  const Value* value = table_.find(name);
  const std::filesystem::path file = value == nullptr ? table_.place.file : value->place.file;
  return (file.parent_path() / given).lexically_normal().string();
}

std::int64_t TableReader::count(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = take(key, Value::Kind::Integer);
  if (value == nullptr) {
    return parse_integer(key.standard).value_or(0);
  }
  return bounded(key, value->integer, std::to_string(value->integer));
}

std::vector<std::int64_t> TableReader::counts(std::string_view name) {
  const Key& key = config_key(section_, name);
  std::vector<std::int64_t> result;
  const Value* value = take(key, Value::Kind::List);
  if (value == nullptr) {
    return result;
  }
  for (const Value& item : value->items) {
    if (item.kind != Value::Kind::Integer) {
      problems_.push_back(
          Problem{item.place.text(), "`" + std::string(name) + "` is a list of integers"});
      continue;
    }
    result.push_back(bounded(key, item.integer, std::to_string(item.integer)));
  }
  return result;
}

std::uint64_t TableReader::size(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = table_.find(name);
  if (value != nullptr && value->kind == Value::Kind::Integer) {
    return static_cast<std::uint64_t>(bounded(key, value->integer, std::to_string(value->integer)));
  }
  value = take(key, Value::Kind::Text);
  const std::string_view shown = value == nullptr ? key.standard : std::string_view(value->text);
  const std::optional<std::int64_t> bytes = parse_size(shown);
  if (!bytes) {
    report(name, "`" + std::string(name) + "` is not a size; write it like \"100MiB\"");
    return static_cast<std::uint64_t>(key.low);
  }
  return static_cast<std::uint64_t>(bounded(key, *bytes, shown));
}

Duration TableReader::span(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = take(key, Value::Kind::Text);
  const std::string_view shown = value == nullptr ? key.standard : std::string_view(value->text);
  const std::optional<std::int64_t> nanoseconds = parse_span(shown);
  if (!nanoseconds) {
    report(name, "`" + std::string(name) +
                     "` is not a time span; write it like \"500us\", \"30s\" or \"5m\"");
    return Duration(key.low);
  }
  return Duration(bounded(key, *nanoseconds, shown));
}

bool TableReader::flag(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = take(key, Value::Kind::Flag);
  return value == nullptr ? key.standard == "true" : value->flag;
}

std::size_t TableReader::choice(std::string_view name) {
  const Key& key = config_key(section_, name);
  const Value* value = take(key, Value::Kind::Text);
  const std::string_view given = value == nullptr ? key.standard : std::string_view(value->text);
  std::vector<std::string_view> choices;
  for (std::string_view rest = key.choices; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    choices.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == given) {
      return i;
    }
  }
  std::string what = "`" + std::string(name) + "` has to be one of";
  for (const std::string_view choice : choices) {
    what += " \"" + std::string(choice) + "\"";
  }
  const std::string_view meant = closest(given, choices);
  what += meant.empty() ? "" : "; did you mean \"" + std::string(meant) + "\"?";
  report(name, std::move(what));
  return 0;
}

}  // namespace sealgate::app
