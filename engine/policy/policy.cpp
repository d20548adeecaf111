// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/policy.h"

#include "engine/mime/header_text.h"
#include "engine/policy/conditions.h"
#include "engine/policy/policy_reader.h"
#include "engine/policy/rule.h"
#include "engine/policy/subject_tag.h"
#include "engine/trust/address.h"

namespace sealgate::engine::policy {
namespace {

constexpr std::string_view kDefaultProfile = "default";

// An address that has no normal form is matched by its domain, or where that has none either, by
// "*" alone.
std::string normal_or_same(std::string_view address) {
  const Result<std::string> normal = trust::normal_address(address);
  if (normal) return normal.value();
  const std::string_view shown = address.substr(0, kHeaderTextBytesMax);
  const Result<std::string> domain = trust::normal_domain_of(shown);
  if (!domain) return std::string(shown);
  return std::string(shown.substr(0, shown.rfind('@'))) + domain.value();
}

std::string wish_text(const Rule& rule) {
  switch (rule.treatment) {
    case Treatment::Pass:
      return "pass";
    case Treatment::Refuse:
      return "refuse";
    case Treatment::Seal:
      break;
  }
  return "sign " + std::string(name_of(rule.sign)) + ", encrypt " +
         std::string(name_of(rule.encrypt));
}

void remove_tags(const Rule& rule, Policy::Inquiry& inquiry, Decision& decision) {
  const std::string& cleared = inquiry.subject_without(rule.conditions.subject_tags);
  if (cleared == inquiry.subject()) return;
  decision.subject = cleared;
  decision.reasons.emplace_back("the tag is removed from the subject");
}

}  // namespace

Policy::Policy(std::unique_ptr<const PolicyRules> rules) : rules_(std::move(rules)) {}
Policy::Policy(Policy&& other) noexcept = default;
Policy& Policy::operator=(Policy&& other) noexcept = default;
Policy::~Policy() = default;

std::optional<Policy> Policy::parse(std::string_view toml, std::vector<Problem>& problems) {
  std::unique_ptr<const PolicyRules> rules = read_policy(toml, problems);
  if (rules == nullptr) return std::nullopt;
  return Policy(std::move(rules));
}

const Profile* Policy::profile(std::string_view name) const {
  const auto found = rules_->profiles.find(name);
  return found == rules_->profiles.end() ? nullptr : &found->second;
}

const std::vector<std::string>& Policy::rule_names() const {
  return rules_->rule_names;
}

const Profile& Policy::profile_for(std::string_view recipient) const {
  const std::string address = normal_or_same(recipient);
  for (const Assignment& assignment : rules_->assignments) {
    if (!find(assignment.contact, address).empty()) return *assignment.profile;
  }
  return *profile(kDefaultProfile);
}

Decision Policy::apply(const Rule& rule, Inquiry& inquiry, std::string_view recipient) const {
  Decision decision{.rule = rule.name,
                    .treatment = rule.treatment,
                    .sign = rule.sign,
                    .encrypt = rule.encrypt,
                    .tls = rule.tls,
                    .profile = rule.profile != nullptr ? rule.profile : &profile_for(recipient),
                    .subject = std::nullopt,
                    .refusal = rule.refusal,
                    .reasons = {}};
  decision.reasons.push_back("rule \"" + rule.name + "\": " + wish_text(rule));
  if (rule.treatment == Treatment::Seal) {
    decision.reasons.push_back("profile " + decision.profile->name +
                               (rule.profile != nullptr ? " (of the rule)" : ""));
  }
  if (rule.removes_tag) remove_tags(rule, inquiry, decision);
  return decision;
}

Decision Policy::decide(Inquiry& inquiry, std::string_view recipient,
                        std::vector<RuleTrace>* trace) const {
  const std::string address = normal_or_same(recipient);
  std::optional<Decision> decision;
  for (const Rule& rule : rules_->rules) {
    ConditionResult result = check(rule.conditions, rules_->patterns, inquiry, address);
    const bool decides = result.holds && !decision;
    if (trace != nullptr) {
      if (result.holds && !decides) result.reason = "an earlier rule has matched; " + result.reason;
      trace->push_back({.rule = rule.name, .has_matched = decides, .reason = result.reason});
    }
    if (!decides) continue;
    decision = apply(rule, inquiry, recipient);
    decision->reasons.insert(decision->reasons.begin() + 1, "it matched: " + result.reason);
    if (trace == nullptr) break;
  }
  if (decision) return *decision;
  Decision none;
  none.profile = &profile_for(recipient);
  none.refusal = "no rule of the mail policy takes this message.\nAsk your mail administrator.";
  none.reasons.emplace_back("no rule matched: refused");
  return none;
}

Policy::Inquiry::Inquiry(const Facts& facts) : facts_(facts) {}
Policy::Inquiry::~Inquiry() = default;

const std::string& Policy::Inquiry::sender() {
  if (!sender_) sender_ = normal_or_same(facts_.sender());
  return *sender_;
}

const std::string& Policy::Inquiry::envelope_sender() {
  if (!envelope_sender_) envelope_sender_ = normal_or_same(facts_.envelope_sender());
  return *envelope_sender_;
}

const std::string& Policy::Inquiry::subject() {
  if (!subject_) subject_ = std::string(facts_.subject().substr(0, kHeaderTextBytesMax));
  return *subject_;
}

bool Policy::Inquiry::has_subject_tag(const std::string& tag) {
  const auto known = subject_tags_.find(tag);
  if (known != subject_tags_.end()) return known->second;
  return subject_tags_[tag] = find_subject_tag(subject(), tag).has_value();
}

const std::string& Policy::Inquiry::subject_without(const std::vector<std::string>& tags) {
  const auto known = cleared_subjects_.find(tags);
  if (known != cleared_subjects_.end()) return known->second;
  std::string cleared = subject();
  for (const std::string& tag : tags) cleared = remove_subject_tag(cleared, tag);
  return cleared_subjects_[tags] = std::move(cleared);
}

const std::vector<std::string>& Policy::Inquiry::header(const std::string& lower_name) {
  const auto known = headers_.find(lower_name);
  if (known != headers_.end()) return known->second;
  std::vector<std::string> values = facts_.header(lower_name);
  for (std::string& value : values) {
    if (value.size() > kHeaderTextBytesMax) value.resize(kHeaderTextBytesMax);
  }
  return headers_[lower_name] = std::move(values);
}

const std::vector<Attachment>& Policy::Inquiry::attachments() {
  if (!attachments_) attachments_ = facts_.attachments();
  return *attachments_;
}

const std::set<std::size_t>& Policy::Inquiry::found_patterns(const TextPatterns& patterns) {
  if (found_patterns_) return *found_patterns_;
  found_patterns_.emplace();
  const auto take = [&](std::string_view text) {
    const std::vector<PatternNumber> numbers = patterns.find_all(text);
    found_patterns_->insert(numbers.begin(), numbers.end());
  };
  take(subject());
  std::size_t room = kTextBytesMax;
  for (const std::string& text : facts_.texts(kTextBytesMax)) {
    take(std::string_view(text).substr(0, room));
    room -= std::min(room, text.size());
  }
  return *found_patterns_;
}

}  // namespace sealgate::engine::policy
