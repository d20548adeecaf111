// SPDX-License-Identifier: Apache-2.0
#include "app/config/value.h"

#include <utility>

// Debian's compiled library has exceptions in its interface; header-only it does without.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// In a release build its assertions become assumptions, and some texts ("[+[") break them. Without
// either it goes on and reports a syntax error.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

namespace sealgate::app {
namespace {

Place place_of(const toml::source_region& region, const std::string& file) {
  return Place{file, region.begin.line, region.begin.column};
}

Value value_of(const toml::node& node, const std::string& file) {
  Value value;
  value.kind = Value::Kind::Other;
  value.place = place_of(node.source(), file);
  if (const toml::table* table = node.as_table()) {
    value.kind = Value::Kind::Table;
    for (const auto& [key, child] : *table) {
      value.entries.push_back(Value::Entry{std::string(key.str()), place_of(key.source(), file),
                                           value_of(child, file)});
    }
  } else if (const toml::array* array = node.as_array()) {
    value.kind = Value::Kind::List;
    for (const toml::node& child : *array) {
      value.items.push_back(value_of(child, file));
    }
  } else if (const toml::value<std::string>* text = node.as_string()) {
    value.kind = Value::Kind::Text;
    value.text = text->get();
  } else if (const toml::value<std::int64_t>* integer = node.as_integer()) {
    value.kind = Value::Kind::Integer;
    value.integer = integer->get();
  } else if (const toml::value<bool>* flag = node.as_boolean()) {
    value.kind = Value::Kind::Flag;
    value.flag = flag->get();
  }
  return value;
}

bool is_list_of_tables(const Value& value) {
  return value.kind == Value::Kind::List && !value.items.empty() &&
         value.items.front().kind == Value::Kind::Table;
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  for (const Entry& entry : entries) {
    if (entry.name == name) {
      return &entry.value;
    }
  }
  return nullptr;
}

std::string_view name_of(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::Text:
      return "a string";
    case Value::Kind::Integer:
      return "an integer";
    case Value::Kind::Flag:
      return "true or false";
    case Value::Kind::List:
      return "a list";
    case Value::Kind::Table:
      return "a table";
    case Value::Kind::Other:
      return "a date or a floating-point number";
  }
  return "";
}

std::optional<Value> parse_toml(std::string_view text, const std::string& file,
                                Problems& problems) {
  const toml::parse_result result = toml::parse(text, std::string_view(file));
  if (!result) {
    const toml::parse_error& error = result.error();
    problems.push_back(
        Problem{place_of(error.source(), file).text(), std::string(error.description())});
    return std::nullopt;
  }
  return value_of(result.table(), file);
}

void merge(Value& below, Value above) {
  if (below.kind == Value::Kind::Table && above.kind == Value::Kind::Table) {
    for (Value::Entry& entry : above.entries) {
      bool is_present = false;
      for (Value::Entry& other : below.entries) {
        if (other.name == entry.name) {
          merge(other.value, std::move(entry.value));
          is_present = true;
          break;
        }
      }
      if (!is_present) {
        below.entries.push_back(std::move(entry));
      }
    }
    return;
  }
  if (is_list_of_tables(below) && is_list_of_tables(above)) {
    for (Value& item : above.items) {
      below.items.push_back(std::move(item));
    }
    return;
  }
  below = std::move(above);
}

}  // namespace sealgate::app
