// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/policy_reader.h"

#include <map>

#include "engine/policy/policy.h"
#include "engine/policy/rule_reader.h"
#include "engine/policy/table_reader.h"

namespace sealgate::engine::policy {
namespace {

constexpr std::size_t kNameBytesMax = 200;

void read_groups(TableReader& reader, PolicyRules& rules, ProblemList& problems) {
  for (const TomlNode* table : reader.tables("group", 1)) {
    if (table->children.size() > kGroupsMax) {
      problems.error(table->place, "there are more than 1000 groups");
      return;
    }
    TableReader groups(*table, "`group`", problems);
    for (const TomlNode& group : table->children) {
      AddressSet& members = rules.groups[group.key];
      for (const PlacedText& entry : groups.texts(group.key, kPatternBytesMax)) {
        if (members.add(entry.text)) continue;
        problems.error(entry.place,
                       "`" + entry.text + "` is no address, \"@domain\", \"*.domain\" or \"*\"");
      }
    }
  }
}

const Profile* find_base(TableReader& reader, const PolicyRules& rules, ProblemList& problems) {
  if (reader.has("based_on")) return read_profile_name(reader, "based_on", rules, problems);
  return &rules.profiles.find("default")->second;
}

void read_profile(const TomlNode& node, PolicyRules& rules, ProblemList& problems) {
  TableReader reader(node, "profile `" + node.key + "`", problems);
  const Profile* base = find_base(reader, rules, problems);
  Profile profile = base == nullptr ? Profile() : *base;
  profile.name = node.key;
  profile.digest = reader.choice("digest", kDigests).value_or(profile.digest);
  profile.rsa_signature =
      reader.choice("rsa_signature", kRsaSignatures).value_or(profile.rsa_signature);
  profile.signature_form =
      reader.choice("signature_form", kSignatureForms).value_or(profile.signature_form);
  profile.cipher = reader.choice("cipher", kCiphers).value_or(profile.cipher);
  profile.rsa_transport =
      reader.choice("rsa_transport", kRsaTransports).value_or(profile.rsa_transport);
  profile.recipient_name =
      reader.choice("recipient_name", kRecipientNames).value_or(profile.recipient_name);
  profile.keys = reader.choice("keys", kKeyChoices).value_or(profile.keys);
  profile.capabilities =
      reader.choice("capabilities", kCapabilityUses).value_or(profile.capabilities);
  if (profile.keys == KeyChoice::Elliptic &&
      (reader.has("rsa_signature") || reader.has("rsa_transport"))) {
    problems.error(node.place, "profile `" + node.key +
                                   "` takes elliptic-curve keys alone, but sets how RSA is used");
  }
  reader.finish();
  if (!rules.profiles.emplace(node.key, std::move(profile)).second) {
    problems.error(node.place, "profile `" + node.key +
                                   "` is built in; give yours another name and `based_on`");
  }
}

void read_profiles(TableReader& reader, PolicyRules& rules, ProblemList& problems) {
  for (const Profile& profile : built_in_profiles()) rules.profiles.emplace(profile.name, profile);
  for (const TomlNode* table : reader.tables("profile", 1)) {
    if (table->children.size() > kProfilesMax) {
      problems.error(table->place, "there are more than 100 profiles");
      return;
    }
    for (const TomlNode& node : table->children) {
      if (node.kind == TomlKind::Table && !node.key.empty() && node.key.size() <= kNameBytesMax) {
        read_profile(node, rules, problems);
      } else {
        problems.error(node.place, "a profile is a table with a name: [profile.partners]");
      }
    }
  }
}

void read_assignments(TableReader& reader, PolicyRules& rules, ProblemList& problems) {
  for (const TomlNode* node : reader.tables("assign", kAssignmentsMax)) {
    TableReader assign(*node, "`assign`", problems);
    std::optional<AddressCondition> contact = read_addresses(assign, "contact", rules, problems);
    const Profile* profile = read_profile_name(assign, "profile", rules, problems);
    if (!assign.has("contact") || !assign.has("profile")) {
      problems.error(node->place, "`assign` needs a `contact` and a `profile`");
    }
    assign.finish();
    if (contact && profile != nullptr) {
      rules.assignments.push_back({.contact = std::move(*contact), .profile = profile});
    }
  }
}

// Rules that can never match, two of one name, and mail that no rule takes.
void check_order(const std::vector<const TomlNode*>& nodes, const PolicyRules& rules,
                 ProblemList& problems) {
  std::map<std::string, std::string> names;       // To where each stands.
  std::map<std::string, std::string> signatures;  // To the rule that has it.
  const Rule* catch_all = nullptr;
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const Rule& rule = rules.rules[i];
    const std::string line = "line " + std::to_string(rule.place.line);
    const auto [name, is_new] = names.emplace(rule.name, line);
    if (!is_new && !rule.name.empty()) {
      problems.error(rule.place, "there is a rule `" + rule.name + "` already at " + name->second);
    }
    const auto [same, is_first] = signatures.emplace(signature_of_conditions(*nodes[i]), rule.name);
    if (catch_all != nullptr) {
      problems.warning(rule.place, "rule `" + rule.name + "` can never match: rule `" +
                                       catch_all->name + "` before it takes every message");
    } else if (!is_first) {
      problems.warning(rule.place, "rule `" + rule.name + "` can never match: rule `" +
                                       same->second + "` has the same conditions");
    }
    if (catch_all == nullptr && takes_everything(rule.conditions)) catch_all = &rule;
  }
  if (rules.rules.empty()) {
    problems.error({}, "the policy has no rule: every message would be refused");
  } else if (catch_all == nullptr) {
    problems.warning(rules.rules.back().place,
                     "no rule takes every message: what no rule matches is refused");
  }
}

void read_rules(TableReader& reader, PolicyRules& rules, ProblemList& problems) {
  const std::vector<const TomlNode*> nodes = reader.tables("rule", kRulesMax);
  RuleReader rule_reader(rules, problems);
  for (const TomlNode* node : nodes) rule_reader.read(*node);
  check_order(nodes, rules, problems);
  for (const Rule& rule : rules.rules) rules.rule_names.push_back(rule.name);
  if (!rules.patterns.compile()) {
    problems.error({}, "the words and expressions need too much memory together; simplify them");
  }
}

}  // namespace

std::unique_ptr<const PolicyRules> read_policy(std::string_view toml,
                                               std::vector<Problem>& problems) {
  const std::optional<TomlNode> root = parse_toml(toml, problems);
  if (!root) return nullptr;
  ProblemList list(problems);
  auto rules = std::make_unique<PolicyRules>();
  TableReader reader(*root, "the policy", list);
  reader.number("version", 1, 1);
  read_groups(reader, *rules, list);
  read_profiles(reader, *rules, list);
  read_assignments(reader, *rules, list);
  read_rules(reader, *rules, list);
  reader.finish();
  if (list.has_error()) return nullptr;
  return rules;
}

}  // namespace sealgate::engine::policy
