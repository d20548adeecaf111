// SPDX-License-Identifier: Apache-2.0
//
// The manual page, the sample file and the code name the same keys with the same defaults.
#include "app/config/key.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config/table_reader.h"
#include "app/config/value.h"
#include "engine/policy/default_policy.h"

namespace sealgate::app {
namespace {

std::string full_name(const Key& key) {
  return (key.section.empty() ? "" : std::string(key.section) + ".") + std::string(key.name);
}

std::set<std::string> names_of_code() {
  std::set<std::string> names;
  for (const Key& key : config_keys()) {
    names.insert(full_name(key));
  }
  return names;
}

// Key to description, as the manual page has them: ".TP", ".B key", text lines.
std::map<std::string, std::string> keys_of_manual() {
  std::ifstream page(std::string(SEALGATE_SOURCE_DIR) + "/docs/man/sealgate.toml.5");
  std::map<std::string, std::string> keys;
  std::string line;
  std::string name;
  bool is_next = false;
  while (std::getline(page, line)) {
    if (is_next && line.starts_with(".B ")) {
      name = line.substr(3);
      keys[name] = "";
    } else if (line.starts_with('.')) {
      name = line == ".TP" ? name : "";
    } else if (!name.empty()) {
      keys[name] += line + " ";
    }
    is_next = line == ".TP";
  }
  return keys;
}

std::string without_escapes(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) {
    text.erase(at, 1);
  }
  return text;
}

TEST(ConfigKeys, AreEachDescribedInTheManualAndTheOtherWayRound) {
  std::set<std::string> manual;
  for (const auto& [name, text] : keys_of_manual()) {
    manual.insert(name);
  }
  EXPECT_EQ(manual, names_of_code());
}

TEST(ConfigKeys, HaveTheDefaultsThatTheManualNames) {
  std::map<std::string, std::string> manual = keys_of_manual();
  for (const Key& key : config_keys()) {
    if (key.presence == Presence::Optional && !key.standard.empty()) {
      EXPECT_THAT(without_escapes(manual[full_name(key)]),
                  ::testing::HasSubstr("Default: " + std::string(key.standard) + "."))
          << full_name(key);
    }
  }
}

TEST(ConfigKeys, AppearOnceEach) {
  EXPECT_EQ(names_of_code().size(), config_keys().size());
}

// With every "#" of a key taken away, the sample is a file that the reader takes.
TEST(SampleConfig, HoldsEveryKeyInAFormThatCanBeUncommented) {
  std::istringstream sample(sample_config({}));
  std::string uncommented;
  std::string line;
  while (std::getline(sample, line)) {
    const bool is_key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    uncommented += (is_key ? line.substr(1) : line) + "\n";
  }
  Problems problems;
  const std::optional<Value> root = parse_toml(uncommented, "sample", problems);
  ASSERT_TRUE(root) << problems.front().text();
  std::set<std::string> names;
  for (const Value::Entry& entry : root->entries) {
    const Value* table = &entry.value;
    if (table->kind == Value::Kind::List && !table->items.empty() &&
        table->items[0].kind == Value::Kind::Table) {
      table = &table->items[0];
    }
    if (table->kind != Value::Kind::Table) {
      names.insert(entry.name);
      continue;
    }
    for (const Value::Entry& inner : table->entries) {
      names.insert(entry.name + "." + inner.name);
    }
  }
  EXPECT_EQ(names, names_of_code());
}

TEST(SampleConfig, IsAllCommentsUntilSomethingIsSet) {
  Problems problems;
  const std::optional<Value> empty = parse_toml(sample_config({}), "sample", problems);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->entries.empty());
  const Setting settings[] = {{"", "hostname", quoted_text("a\"b\\c\n")},
                              {"tokens", "label", quoted_text("Org")}};
  const std::optional<Value> set = parse_toml(sample_config(settings), "sample", problems);
  ASSERT_TRUE(set) << problems.front().text();
  ASSERT_NE(set->find("hostname"), nullptr);
  EXPECT_EQ(set->find("hostname")->text, "a\"b\\c\n");
  ASSERT_NE(set->find("tokens"), nullptr);
  EXPECT_EQ(set->find("tokens")->items.at(0).find("label")->text, "Org");
  EXPECT_EQ(set->entries.size(), 2U);
}

TEST(SampleConfig, HasNoLineAboveAHundredColumns) {
  std::istringstream sample(sample_config({}));
  for (std::string line; std::getline(sample, line);) {
    EXPECT_LE(line.size(), 100U) << line;
  }
}

// The default policy describes its keys in lines "#   key   text" and "# key = value".
TEST(PolicyManual, DescribesEveryKeyOfTheDefaultPolicy) {
  std::ifstream page(std::string(SEALGATE_SOURCE_DIR) + "/docs/man/sealgate-policy.5");
  const std::string manual((std::istreambuf_iterator<char>(page)),
                           std::istreambuf_iterator<char>());
  std::istringstream policy{std::string(engine::policy::default_policy_text())};
  std::size_t found = 0;
  for (std::string line; std::getline(policy, line);) {
    if (!line.starts_with("#   ") || line.size() < 5 || line[4] == ' ') {
      continue;
    }
    const std::string key = line.substr(4, line.find(' ', 4) - 4);
    if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos) {
      continue;
    }
    EXPECT_THAT(manual, ::testing::HasSubstr(".B " + key + "\n"));
    ++found;
  }
  EXPECT_GT(found, 15U);
}

TEST(Suggestion, IsTheClosestNameOrNone) {
  const std::string_view names[] = {"hostname", "user", "policy"};
  EXPECT_EQ(closest("hostnmae", names), "hostname");
  EXPECT_EQ(closest("usr", names), "user");
  EXPECT_EQ(closest("completely_else", names), "");
  EXPECT_EQ(closest(std::string(1000, 'h'), names), "");
}

TEST(TimeSpan, IsReadAndWrittenWithItsUnit) {
  EXPECT_EQ(parse_span("500us"), 500'000);
  EXPECT_EQ(parse_span("0"), 0);
  EXPECT_EQ(parse_span("2h"), 7'200'000'000'000);
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "5 s", "99999999999999h"}) {
    EXPECT_FALSE(parse_span(text)) << text;
  }
  EXPECT_EQ(span_text(90'000'000'000), "90s");
  EXPECT_EQ(span_text(0), "0");
}

TEST(Size, IsReadWithItsUnit) {
  EXPECT_EQ(parse_size("12"), 12);
  EXPECT_EQ(parse_size("3KiB"), 3072);
  for (const char* text : {"", "MiB", "-1", "1MB", "9999999999999GiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

}  // namespace
}  // namespace sealgate::app
