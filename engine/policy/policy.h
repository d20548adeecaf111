// SPDX-License-Identifier: Apache-2.0
//
// The policy: rules in TOML, the first that matches decides, every decision explained. The keys
// are described in the default policy's comments (default_policy.h).
//
// Threading: immutable after parse(); decide() may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/decision.h"
#include "engine/policy/facts.h"
#include "engine/policy/problem.h"
#include "engine/policy/profile.h"

namespace sealgate::engine::policy {

// Limits of a policy text; each has a message that names it.
inline constexpr std::size_t kPolicyBytesMax = 1024 * 1024;
inline constexpr std::size_t kRulesMax = 1000;
inline constexpr std::size_t kGroupsMax = 1000;
inline constexpr std::size_t kProfilesMax = 100;
inline constexpr std::size_t kAssignmentsMax = 10'000;
inline constexpr std::size_t kListEntriesMax = 10'000;  // Of one list or group.
inline constexpr std::size_t kPatternBytesMax = 1000;   // Of one word, pattern or address.
inline constexpr std::size_t kTextPatternsMax = 200;    // Of all rules together.
// What one decision reads of a message's text, and of one header or subject.
inline constexpr std::size_t kTextBytesMax = 4ULL << 20U;
inline constexpr std::size_t kHeaderTextBytesMax = 64 * 1024;

struct PolicyRules;  // Private to the implementation, as is the next.
struct Rule;
class TextPatterns;

class Policy {
 public:
  // The policy, or none with at least one Error among `problems`. Warnings may come with both.
  static std::optional<Policy> parse(std::string_view toml, std::vector<Problem>& problems);

  Policy(Policy&& other) noexcept;
  Policy& operator=(Policy&& other) noexcept;
  ~Policy();

  // The facts of one message, asked lazily and remembered, so that a message for many
  // recipients is read once. Keeps a reference to `facts`; serves one policy.
  class Inquiry;

  // Decides for one recipient. Where `trace` is given, each rule is added to it with its
  // result; without one, evaluation ends at the first match.
  Decision decide(Inquiry& inquiry, std::string_view recipient,
                  std::vector<RuleTrace>* trace) const;

  // The profile for a recipient where the rule names none: by assignment, else "default".
  const Profile& profile_for(std::string_view recipient) const;

  // Null where there is none of that name.
  const Profile* profile(std::string_view name) const;
  const std::vector<std::string>& rule_names() const;

 private:
  explicit Policy(std::unique_ptr<const PolicyRules> rules);
  Decision apply(const Rule& rule, Inquiry& inquiry, std::string_view recipient) const;

  std::unique_ptr<const PolicyRules> rules_;
};

class Policy::Inquiry {
 public:
  explicit Inquiry(const Facts& facts);
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;
  ~Inquiry();

  Direction direction() const { return facts_.direction(); }
  std::uint64_t size() const { return facts_.size(); }
  const std::string& sender();           // In normal form where it has one.
  const std::string& envelope_sender();  // In normal form where it has one.
  const std::string& subject();
  bool has_subject_tag(const std::string& tag);
  const std::string& subject_without(const std::vector<std::string>& tags);
  const std::vector<std::string>& header(const std::string& lower_name);
  const std::vector<Attachment>& attachments();
  // The numbers of the policy's patterns that are in the subject or in the text.
  const std::set<std::size_t>& found_patterns(const TextPatterns& patterns);

 private:
  const Facts& facts_;
  std::optional<std::string> sender_;
  std::optional<std::string> envelope_sender_;
  std::optional<std::string> subject_;
  std::map<std::string, bool> subject_tags_;
  std::map<std::vector<std::string>, std::string> cleared_subjects_;
  std::map<std::string, std::vector<std::string>> headers_;
  std::optional<std::vector<Attachment>> attachments_;
  std::optional<std::set<std::size_t>> found_patterns_;
};

}  // namespace sealgate::engine::policy
