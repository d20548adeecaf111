// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/toml_tree.h"

// The library that Debian ships is built with exceptions and does not fit -fno-exceptions, so
// the header brings the parser itself.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// In a release build its assertions become assumptions, and some texts ("[+[") break them. Without
// either it goes on and reports a syntax error.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <algorithm>
#include <toml++/toml.h>

#include "engine/policy/policy.h"

namespace sealgate::engine::policy {
namespace {

Place place_of(const toml::source_region& region) {
  return {.line = region.begin.line, .column = region.begin.column};
}

// toml++ itself refuses what nests deeper than 256.
TomlNode convert(const toml::node& from) {  // NOLINT(misc-no-recursion)
  TomlNode node;
  node.place = place_of(from.source());
  node.value_place = node.place;
  if (const toml::table* table = from.as_table()) {
    node.kind = TomlKind::Table;
    for (const auto& [key, value] : *table) {
      TomlNode child = convert(value);
      child.key = std::string(key.str());
      // [a.b] makes an "a" without a place of its own.
      if (key.source().begin.line != 0) child.place = place_of(key.source());
      node.children.push_back(std::move(child));
    }
    std::stable_sort(
        node.children.begin(), node.children.end(),
        [](const TomlNode& left, const TomlNode& right) { return left.place < right.place; });
  } else if (const toml::array* array = from.as_array()) {
    node.kind = TomlKind::Array;
    for (const toml::node& element : *array) node.children.push_back(convert(element));
  } else if (const toml::value<std::string>* text = from.as_string()) {
    node.kind = TomlKind::String;
    node.text = text->get();
  } else if (const toml::value<std::int64_t>* number = from.as_integer()) {
    node.kind = TomlKind::Integer;
    node.number = number->get();
  } else if (const toml::value<bool>* flag = from.as_boolean()) {
    node.kind = TomlKind::Boolean;
    node.flag = flag->get();
  }
  return node;
}

}  // namespace

std::string_view name_of(TomlKind kind) {
  switch (kind) {
    case TomlKind::Table:
      return "a table";
    case TomlKind::Array:
      return "a list";
    case TomlKind::String:
      return "a string";
    case TomlKind::Integer:
      return "a whole number";
    case TomlKind::Boolean:
      return "true or false";
    case TomlKind::Other:
      return "a number or date";
  }
  return "";
}

std::optional<TomlNode> parse_toml(std::string_view text, std::vector<Problem>& problems) {
  if (text.size() > kPolicyBytesMax) {
    problems.push_back({.severity = Problem::Severity::Error,
                        .line = 0,
                        .column = 0,
                        .what = "the policy is larger than 1 MiB; move lists into groups"});
    return std::nullopt;
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    problems.push_back({.severity = Problem::Severity::Error,
                        .line = error.source().begin.line,
                        .column = error.source().begin.column,
                        .what = std::string(error.description())});
    return std::nullopt;
  }
  return convert(parsed.table());
}

}  // namespace sealgate::engine::policy
