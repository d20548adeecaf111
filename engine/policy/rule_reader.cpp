// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/rule_reader.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "engine/mime/header_text.h"
#include "engine/policy/policy.h"

namespace sealgate::engine::policy {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kRefusalBytesMax = 400;  // A line of an SMTP reply holds 450 octets.
constexpr std::string_view kGroupPrefix = "group:";

constexpr std::array<std::string_view, 8> kActionKeys = {"name",   "sign", "encrypt", "tls",
                                                         "refuse", "pass", "profile", "remove_tag"};

std::vector<std::string> names_of(const auto& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

bool takes_everything(const std::optional<AddressCondition>& condition) {
  if (!condition || condition->addresses.takes_everything()) return true;
  return std::any_of(condition->groups.begin(), condition->groups.end(),
                     [](const auto& group) { return group.second->takes_everything(); });
}

void append(const TomlNode& node, std::string& to) {  // NOLINT(misc-no-recursion)
  to += std::to_string(static_cast<int>(node.kind)) + node.text + '\0' +
        std::to_string(node.number) + (node.flag ? "t" : "f");
  for (const TomlNode& child : node.children) {
    to += child.key + '=';
    append(child, to);
    to += ',';
  }
}

bool is_one_line(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool is_field_name(std::string_view name) {
  // RFC 5322, 3.6.8: printable ASCII without the colon.
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

}  // namespace

std::optional<AddressCondition> read_addresses(TableReader& reader, std::string_view key,
                                               const PolicyRules& rules, ProblemList& problems) {
  if (!reader.has(key)) return std::nullopt;
  AddressCondition condition;
  for (const PlacedText& entry : reader.texts(key, kPatternBytesMax)) {
    if (!entry.text.starts_with(kGroupPrefix)) {
      if (condition.addresses.add(entry.text)) continue;
      problems.error(entry.place, "`" + entry.text +
                                      "` is no address, \"@domain\", \"*.domain\", \"*\" or "
                                      "\"group:name\"");
      continue;
    }
    const std::string name = entry.text.substr(kGroupPrefix.size());
    const auto group = rules.groups.find(name);
    if (group != rules.groups.end()) {
      condition.groups[name] = &group->second;
    } else {
      problems.error(entry.place,
                     "there is no group `" + name + "`" + suggestion(name, names_of(rules.groups)));
    }
  }
  return condition;
}

const Profile* read_profile_name(TableReader& reader, std::string_view key,
                                 const PolicyRules& rules, ProblemList& problems) {
  const std::optional<std::string> name = reader.text(key, kNameBytesMax);
  if (!name) return nullptr;
  const auto profile = rules.profiles.find(*name);
  if (profile != rules.profiles.end()) return &profile->second;
  problems.error(reader.place_of(key), "there is no profile `" + *name + "`" +
                                           suggestion(*name, names_of(rules.profiles)));
  return nullptr;
}

bool takes_everything(const Conditions& conditions) {
  return !conditions.direction && takes_everything(conditions.sender) &&
         takes_everything(conditions.envelope_sender) && takes_everything(conditions.recipient) &&
         conditions.subject_tags.empty() && conditions.sensitivities.empty() &&
         conditions.headers.empty() && !conditions.larger_than && !conditions.smaller_than &&
         conditions.subject_patterns.empty() && conditions.patterns.empty() &&
         conditions.attachment_names.empty() && conditions.attachment_types.empty();
}

std::string signature_of_conditions(const TomlNode& rule) {
  std::vector<std::string> parts;
  for (const TomlNode& child : rule.children) {
    if (std::find(kActionKeys.begin(), kActionKeys.end(), child.key) != kActionKeys.end()) continue;
    std::string part = child.key + '=';
    append(child, part);
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end());
  std::string signature;
  for (const std::string& part : parts) signature += part + ';';
  return signature;
}

std::optional<PatternNumber> RuleReader::add_expression(const PlacedText& expression) {
  if (rules_.patterns.size() >= kTextPatternsMax) {
    problems_.error(expression.place, "there are more than " + std::to_string(kTextPatternsMax) +
                                          " words and expressions; join some with `|`");
    return std::nullopt;
  }
  const TextPatterns::Added added = rules_.patterns.add_expression(expression.text);
  if (added.fault.empty()) return added.number;
  problems_.error(expression.place,
                  "the regular expression is wrong: " + added.fault + " (syntax is RE2's)");
  return std::nullopt;
}

std::vector<PatternNumber> RuleReader::read_words(TableReader& reader, std::string_view key) {
  std::vector<PatternNumber> numbers;
  for (const PlacedText& word : reader.texts(key, kPatternBytesMax)) {
    if (rules_.patterns.size() >= kTextPatternsMax) {
      problems_.error(word.place, "there are more than " + std::to_string(kTextPatternsMax) +
                                      " words and expressions; join some in `patterns` with `|`");
      break;
    }
    numbers.push_back(rules_.patterns.add_word(word.text));
  }
  return numbers;
}

std::vector<PatternNumber> RuleReader::read_expressions(TableReader& reader, std::string_view key) {
  std::vector<PatternNumber> numbers;
  for (const PlacedText& expression : reader.texts(key, kPatternBytesMax)) {
    const std::optional<PatternNumber> number = add_expression(expression);
    if (number) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<std::string> RuleReader::read_globs(TableReader& reader, std::string_view key) {
  std::vector<std::string> globs;
  for (PlacedText& glob : reader.texts(key, kPatternBytesMax))
    globs.push_back(std::move(glob.text));
  return globs;
}

void RuleReader::read_patterns(TableReader& reader, Conditions& into) {
  into.subject_patterns = read_words(reader, "subject_words");
  const std::vector<PatternNumber> in_subject = read_expressions(reader, "subject_patterns");
  into.subject_patterns.insert(into.subject_patterns.end(), in_subject.begin(), in_subject.end());
  into.patterns = read_words(reader, "words");
  const std::vector<PatternNumber> anywhere = read_expressions(reader, "patterns");
  into.patterns.insert(into.patterns.end(), anywhere.begin(), anywhere.end());
}

void RuleReader::read_header(const TomlNode& node, Conditions& into) {
  TableReader reader(node, "`header`", problems_);
  HeaderCondition condition;
  const std::optional<std::string> name = reader.text("name", kNameBytesMax);
  condition.value = reader.text("is", kPatternBytesMax);
  const std::optional<std::string> match = reader.text("matches", kPatternBytesMax);
  const std::optional<bool> is_present = reader.flag("present");
  if (!name) {
    if (!reader.has("name")) problems_.error(node.place, "`header` needs the `name` of a field");
  } else if (!is_field_name(*name)) {
    problems_.error(reader.place_of("name"), "`" + *name + "` is no name of a header field");
  } else {
    condition.name = mime::lower_ascii(*name);
  }
  const int kinds = (condition.value ? 1 : 0) + (match ? 1 : 0) + (is_present ? 1 : 0);
  if (kinds != 1) {
    problems_.error(node.place, "`header` needs exactly one of `is`, `matches` and `present`");
  }
  if (match) {
    condition.match = add_expression({.text = *match, .place = reader.place_of("matches")});
  }
  condition.is_present = is_present.value_or(true);
  reader.finish();
  into.headers.push_back(std::move(condition));
}

void RuleReader::read_headers(TableReader& reader, Conditions& into) {
  constexpr std::size_t kHeadersMax = 50;
  for (const TomlNode* node : reader.tables("header", kHeadersMax)) read_header(*node, into);
}

void RuleReader::read_conditions(TableReader& reader, Conditions& into) {
  into.direction = reader.choice("direction", kDirections);
  into.sender = read_addresses(reader, "sender", rules_, problems_);
  into.envelope_sender = read_addresses(reader, "envelope_sender", rules_, problems_);
  into.recipient = read_addresses(reader, "recipient", rules_, problems_);
  constexpr std::size_t kTagBytesMax = 60;
  for (const PlacedText& tag : reader.texts("subject_tag", kTagBytesMax)) {
    if (tag.text.find_first_of(" \t[](){}<>") != std::string::npos || !is_one_line(tag.text)) {
      problems_.error(tag.place, "a tag is one word without brackets, like \"encrypt\"");
    }
    into.subject_tags.push_back(tag.text);
  }
  for (const PlacedText& value : reader.texts("sensitivity", kPatternBytesMax)) {
    into.sensitivities.push_back(mime::lower_ascii(value.text));
  }
  read_headers(reader, into);
  into.larger_than = reader.octets("larger_than", kMessageBytesMax);
  into.smaller_than = reader.octets("smaller_than", kMessageBytesMax);
  read_patterns(reader, into);
  into.attachment_names = read_globs(reader, "attachment_name");
  into.attachment_types = read_globs(reader, "attachment_type");
}

void RuleReader::read_actions(TableReader& reader, Rule& into) {
  into.sign = reader.choice("sign", kSignWishes).value_or(SignWish::Always);
  into.encrypt = reader.choice("encrypt", kEncryptWishes).value_or(EncryptWish::Known);
  into.tls = reader.choice("tls", kTlsWishes).value_or(TlsWish::AsRouted);
  into.profile = read_profile_name(reader, "profile", rules_, problems_);
  into.removes_tag = reader.flag("remove_tag").value_or(false);
  const bool passes = reader.flag("pass").value_or(false);
  if (reader.has("pass") && !passes) {
    problems_.error(reader.place_of("pass"), "`pass` can only be true; leave it out otherwise");
  }
  if (const std::optional<std::string> text = reader.text("refuse", kRefusalBytesMax)) {
    if (!is_one_line(*text)) {
      problems_.error(reader.place_of("refuse"), "`refuse` must be one line of printable text");
    }
    into.refusal = *text;
    into.treatment = Treatment::Refuse;
  } else if (passes) {
    into.treatment = Treatment::Pass;
  }
}

void RuleReader::check_actions(const TableReader& reader, const Rule& rule) {
  const auto forbid = [&](std::string_view chosen, std::string_view other) {
    if (!reader.has(other)) return;
    problems_.error(reader.place_of(other), "`" + std::string(other) + "` contradicts `" +
                                                std::string(chosen) + "` in the same rule");
  };
  if (reader.has("refuse")) {
    for (const std::string_view other :
         {"pass", "sign", "encrypt", "tls", "profile", "remove_tag"}) {
      forbid("refuse", other);
    }
  } else if (reader.has("pass")) {
    for (const std::string_view other : {"sign", "encrypt", "profile", "remove_tag"}) {
      forbid("pass", other);
    }
  } else if (!reader.has("sign") && !reader.has("encrypt") && !reader.has("tls")) {
    problems_.error(reader.place(),
                    "the rule does nothing; give it `sign`, `encrypt`, `tls`, `refuse` or `pass`");
  }
  const bool seals_nothing = rule.treatment == Treatment::Seal && rule.sign == SignWish::Never &&
                             rule.encrypt == EncryptWish::Never;
  if (seals_nothing && rule.profile != nullptr) {
    problems_.error(reader.place_of("profile"),
                    "`profile` contradicts sign and encrypt, which are both `never`");
  }
  if (rule.removes_tag && rule.conditions.subject_tags.empty()) {
    problems_.error(reader.place_of("remove_tag"), "`remove_tag` needs a `subject_tag` to remove");
  }
}

void RuleReader::check_conditions(const TableReader& reader, const Rule& rule) {
  const Conditions& conditions = rule.conditions;
  if (conditions.larger_than && conditions.smaller_than &&
      *conditions.larger_than + 1 >= *conditions.smaller_than) {
    problems_.error(reader.place_of("larger_than"),
                    "no size is above `larger_than` and below `smaller_than`");
  }
}

void RuleReader::read(const TomlNode& node) {
  TableReader reader(node, "a rule", problems_);
  Rule rule;
  rule.place = node.place;
  const std::optional<std::string> name = reader.text("name", kNameBytesMax);
  if (!name && !reader.has("name")) {
    problems_.error(node.place, "the rule has no `name`: decisions are explained by it");
  }
  if (name && !is_one_line(*name)) {
    problems_.error(reader.place_of("name"), "`name` must be one line of printable text");
  }
  rule.name = name.value_or("");
  read_conditions(reader, rule.conditions);
  read_actions(reader, rule);
  check_conditions(reader, rule);
  check_actions(reader, rule);
  reader.finish();
  rules_.rules.push_back(std::move(rule));
}

}  // namespace sealgate::engine::policy
