// SPDX-License-Identifier: Apache-2.0
//
// Reads [[rule]] tables. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/policy/rule.h"
#include "engine/policy/table_reader.h"

namespace sealgate::engine::policy {

// Reads a list of addresses and "group:name" under `key`; none where it is absent.
std::optional<AddressCondition> read_addresses(TableReader& reader, std::string_view key,
                                               const PolicyRules& rules, ProblemList& problems);

// The profile named under `key`; null where it is absent or unknown.
const Profile* read_profile_name(TableReader& reader, std::string_view key,
                                 const PolicyRules& rules, ProblemList& problems);

// Whether the conditions take every message.
bool takes_everything(const Conditions& conditions);

// A text that is equal for rules whose conditions are written alike.
std::string signature_of_conditions(const TomlNode& rule);

class RuleReader {
 public:
  RuleReader(PolicyRules& rules, ProblemList& problems) : rules_(rules), problems_(problems) {}

  // Adds the rule to the rules; what is wrong with it is reported.
  void read(const TomlNode& node);

 private:
  void read_conditions(TableReader& reader, Conditions& into);
  void read_headers(TableReader& reader, Conditions& into);
  void read_header(const TomlNode& node, Conditions& into);
  void read_patterns(TableReader& reader, Conditions& into);
  void read_actions(TableReader& reader, Rule& into);
  void check_actions(const TableReader& reader, const Rule& rule);
  void check_conditions(const TableReader& reader, const Rule& rule);
  std::optional<PatternNumber> add_expression(const PlacedText& expression);
  std::vector<PatternNumber> read_words(TableReader& reader, std::string_view key);
  std::vector<PatternNumber> read_expressions(TableReader& reader, std::string_view key);
  std::vector<std::string> read_globs(TableReader& reader, std::string_view key);

  PolicyRules& rules_;
  ProblemList& problems_;
};

}  // namespace sealgate::engine::policy
