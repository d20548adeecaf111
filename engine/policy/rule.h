// SPDX-License-Identifier: Apache-2.0
//
// One rule of a policy as it is kept after parsing, and what all rules share.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/policy/address_pattern.h"
#include "engine/policy/decision.h"
#include "engine/policy/facts.h"
#include "engine/policy/text_patterns.h"
#include "engine/policy/toml_tree.h"

namespace sealgate::engine::policy {

// A list of addresses and groups as one set, with the groups' names for explanations.
struct AddressCondition {
  AddressSet addresses;
  std::map<std::string, const AddressSet*> groups;  // Owned by PolicyRules::groups.
};

struct HeaderCondition {
  std::string name;                    // Lower case.
  std::optional<std::string> value;    // Equal but for the case of ASCII letters.
  std::optional<PatternNumber> match;  // Found in the value.
  bool is_present = true;              // Without value and match: whether the field must be there.
};

// All that are set must hold; within a list one is enough.
struct Conditions {
  std::optional<Direction> direction;
  std::optional<AddressCondition> sender;
  std::optional<AddressCondition> envelope_sender;
  std::optional<AddressCondition> recipient;
  std::vector<std::string> subject_tags;
  std::vector<std::string> sensitivities;  // Lower case.
  std::vector<HeaderCondition> headers;
  std::optional<std::uint64_t> larger_than;
  std::optional<std::uint64_t> smaller_than;
  std::vector<PatternNumber> subject_patterns;
  std::vector<PatternNumber> patterns;        // In the subject or the text.
  std::vector<std::string> attachment_names;  // Globs.
  std::vector<std::string> attachment_types;  // Globs, lower case.
};

struct Rule {
  std::string name;
  Place place;
  Conditions conditions;
  Treatment treatment = Treatment::Seal;
  SignWish sign = SignWish::Always;
  EncryptWish encrypt = EncryptWish::Known;
  TlsWish tls = TlsWish::AsRouted;
  std::string refusal;
  const Profile* profile = nullptr;  // Null: by assignment.
  bool removes_tag = false;
};

struct Assignment {
  AddressCondition contact;
  const Profile* profile = nullptr;
};

struct PolicyRules {
  std::map<std::string, AddressSet, std::less<>> groups;
  std::map<std::string, Profile, std::less<>> profiles;  // The built-in ones too.
  std::vector<Assignment> assignments;                   // The first that fits counts.
  std::vector<Rule> rules;
  std::vector<std::string> rule_names;
  TextPatterns patterns;
};

}  // namespace sealgate::engine::policy
