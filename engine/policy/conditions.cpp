// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/conditions.h"

#include <algorithm>
#include <array>

#include "engine/mime/header_text.h"
#include "engine/policy/glob.h"
#include "engine/trust/utf8.h"

namespace sealgate::engine::policy {
namespace {

constexpr std::size_t kShownMax = 200;

std::string shown(std::string_view text) {
  return "\"" + trust::printable(text, kShownMax) + "\"";
}

// Everything a condition may look at.
struct Question {
  const Conditions& conditions;
  const TextPatterns& patterns;
  Policy::Inquiry& inquiry;
  const std::string& recipient;
};

// A condition that is not set holds without a word.
const ConditionResult kNotSet{.holds = true, .reason = ""};

ConditionResult holds(std::string reason) {
  return {.holds = true, .reason = std::move(reason)};
}

ConditionResult fails(std::string reason) {
  return {.holds = false, .reason = std::move(reason)};
}

ConditionResult check_address(const std::optional<AddressCondition>& condition,
                              std::string_view role, const std::string& address) {
  const std::string matched = find(*condition, address);
  if (!matched.empty()) return holds(std::string(role) + " is in " + matched);
  return fails(std::string(role) + " " + shown(address) + " is not in the rule's list");
}

ConditionResult check_direction(const Question& question) {
  if (!question.conditions.direction) return kNotSet;
  if (question.inquiry.direction() == *question.conditions.direction) return kNotSet;
  return fails("the message goes the other direction");
}

ConditionResult check_size(const Question& question) {
  const Conditions& conditions = question.conditions;
  if (!conditions.larger_than && !conditions.smaller_than) return kNotSet;
  const std::uint64_t size = question.inquiry.size();
  const std::string text = "size " + std::to_string(size);
  if (conditions.larger_than && size <= *conditions.larger_than) {
    return fails(text + " is not larger than " + std::to_string(*conditions.larger_than));
  }
  if (conditions.smaller_than && size >= *conditions.smaller_than) {
    return fails(text + " is not smaller than " + std::to_string(*conditions.smaller_than));
  }
  return holds(text + " is within the rule's bounds");
}

ConditionResult check_recipient(const Question& question) {
  if (!question.conditions.recipient) return kNotSet;
  return check_address(question.conditions.recipient, "recipient", question.recipient);
}

ConditionResult check_sender(const Question& question) {
  if (!question.conditions.sender) return kNotSet;
  return check_address(question.conditions.sender, "sender", question.inquiry.sender());
}

ConditionResult check_envelope_sender(const Question& question) {
  if (!question.conditions.envelope_sender) return kNotSet;
  return check_address(question.conditions.envelope_sender, "envelope sender",
                       question.inquiry.envelope_sender());
}

ConditionResult check_tags(const Question& question) {
  if (question.conditions.subject_tags.empty()) return kNotSet;
  for (const std::string& tag : question.conditions.subject_tags) {
    if (question.inquiry.has_subject_tag(tag)) {
      return holds("the subject has the tag " + shown(tag));
    }
  }
  return fails("the subject has none of the rule's tags");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

ConditionResult check_sensitivity(const Question& question) {
  const std::vector<std::string>& wanted = question.conditions.sensitivities;
  if (wanted.empty()) return kNotSet;
  for (const std::string& value : question.inquiry.header("sensitivity")) {
    const std::string lower = mime::lower_ascii(trimmed(value));
    if (std::find(wanted.begin(), wanted.end(), lower) != wanted.end()) {
      return holds("Sensitivity is " + shown(lower));
    }
  }
  return fails("Sensitivity is none of the rule's");
}

bool fits(const HeaderCondition& condition, const TextPatterns& patterns,
          const std::string& value) {
  if (condition.value && !mime::equal_ignoring_case(trimmed(value), *condition.value)) return false;
  return !condition.match || patterns.is_in(*condition.match, value);
}

ConditionResult check_headers(const Question& question) {
  if (question.conditions.headers.empty()) return kNotSet;
  std::string names;
  for (const HeaderCondition& condition : question.conditions.headers) {
    const std::vector<std::string>& values = question.inquiry.header(condition.name);
    const bool is_found = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return fits(condition, question.patterns, value);
    });
    if (is_found != condition.is_present) {
      return fails("header field " + condition.name + " is not as the rule wants it");
    }
    names += (names.empty() ? "" : ", ") + condition.name;
  }
  return holds("header field " + names + " is as the rule wants it");
}

ConditionResult check_attachments(const Question& question) {
  const std::vector<std::string>& names = question.conditions.attachment_names;
  const std::vector<std::string>& types = question.conditions.attachment_types;
  if (names.empty() && types.empty()) return kNotSet;
  const auto fits_any = [](const std::string& text, const std::vector<std::string>& globs) {
    return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
             return fits_glob(text, glob);
           });
  };
  for (const Attachment& attachment : question.inquiry.attachments()) {
    if (fits_any(attachment.name, names) && fits_any(attachment.type, types)) {
      return holds("attachment " + shown(attachment.name) + " of type " + shown(attachment.type));
    }
  }
  return fails("no attachment has a name and type that the rule wants");
}

ConditionResult check_subject_patterns(const Question& question) {
  if (question.conditions.subject_patterns.empty()) return kNotSet;
  for (const PatternNumber number : question.conditions.subject_patterns) {
    if (question.patterns.is_in(number, question.inquiry.subject())) {
      return holds("the subject has " + shown(question.patterns.shown(number)));
    }
  }
  return fails("the subject has none of the rule's words");
}

ConditionResult check_patterns(const Question& question) {
  const std::vector<PatternNumber>& wanted = question.conditions.patterns;
  if (wanted.empty()) return kNotSet;
  const std::set<PatternNumber>& found = question.inquiry.found_patterns(question.patterns);
  for (const PatternNumber number : wanted) {
    if (found.contains(number)) {
      return holds("subject or text has " + shown(question.patterns.shown(number)));
    }
  }
  return fails("subject and text have none of the rule's words");
}

constexpr std::array kChecks = {
    check_direction, check_size,        check_recipient, check_sender,      check_envelope_sender,
    check_tags,      check_sensitivity, check_headers,   check_attachments, check_subject_patterns,
    check_patterns,
};

}  // namespace

std::string find(const AddressCondition& condition, const std::string& address) {
  std::string matched = condition.addresses.find(address);
  if (!matched.empty()) return matched;
  for (const auto& [name, group] : condition.groups) {
    matched = group->find(address);
    if (!matched.empty()) return "group " + name + " (" + matched + ")";
  }
  return "";
}

ConditionResult check(const Conditions& conditions, const TextPatterns& patterns,
                      Policy::Inquiry& inquiry, const std::string& recipient) {
  const Question question{conditions, patterns, inquiry, recipient};
  std::string reasons;
  for (const auto& check_one : kChecks) {
    const ConditionResult result = check_one(question);
    if (!result.holds) return result;
    if (!result.reason.empty()) reasons += (reasons.empty() ? "" : "; ") + result.reason;
  }
  return holds(reasons.empty() ? "it takes every message" : reasons);
}

}  // namespace sealgate::engine::policy
