// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/text_patterns.h"

#include <algorithm>
#include <re2/re2.h>
#include <re2/set.h>

#include "base/check.h"

namespace sealgate::engine::policy {
namespace {

// Compiled form of one expression, and of all together with their search state.
constexpr std::int64_t kPatternMemory = 1 << 20;
constexpr std::int64_t kSetMemory = 64 << 20;

RE2::Options options(std::int64_t memory) {
  RE2::Options chosen;
  chosen.set_max_mem(memory);
  chosen.set_log_errors(false);
  chosen.set_never_capture(true);
  return chosen;
}

}  // namespace

struct TextPatterns::Set {
  RE2::Set set{options(kSetMemory), RE2::UNANCHORED};
};

TextPatterns::TextPatterns() = default;
TextPatterns::TextPatterns(TextPatterns&& other) noexcept = default;
TextPatterns& TextPatterns::operator=(TextPatterns&& other) noexcept = default;
TextPatterns::~TextPatterns() = default;

PatternNumber TextPatterns::add(std::unique_ptr<re2::RE2> pattern, std::string_view shown) {
  shown_.emplace_back(shown);
  single_.push_back(std::move(pattern));
  return single_.size() - 1;
}

PatternNumber TextPatterns::add_word(std::string_view word) {
  // \b knows ASCII letters alone.
  const std::string quoted = RE2::QuoteMeta(re2::StringPiece(word.data(), word.size()));
  const std::string expression =
      "(?i)(?:^|[^\\pL\\pM\\pN_])(?:" + quoted + ")(?:$|[^\\pL\\pM\\pN_])";
  auto pattern = std::make_unique<RE2>(expression, options(kPatternMemory));
  // A word that is no UTF-8: nothing in a text of UTF-8 can be it.
  if (!pattern->ok())
    pattern = std::make_unique<RE2>("[^\\x00-\\x{10FFFF}]", options(kPatternMemory));
  SG_CHECK(pattern->ok());
  return add(std::move(pattern), word);
}

TextPatterns::Added TextPatterns::add_expression(std::string_view expression) {
  auto pattern = std::make_unique<RE2>(re2::StringPiece(expression.data(), expression.size()),
                                       options(kPatternMemory));
  if (!pattern->ok()) return {.number = 0, .fault = pattern->error()};
  return {.number = add(std::move(pattern), expression), .fault = ""};
}

bool TextPatterns::compile() {
  set_ = std::make_unique<Set>();
  for (const auto& pattern : single_) {
    if (set_->set.Add(pattern->pattern(), nullptr) < 0) return false;
  }
  return set_->set.Compile();
}

bool TextPatterns::is_in(PatternNumber number, std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *single_[number]);
}

std::vector<PatternNumber> TextPatterns::find_all(std::string_view text) const {
  std::vector<PatternNumber> numbers;
  if (single_.empty()) return numbers;
  SG_CHECK(set_ != nullptr);
  std::vector<int> found;
  RE2::Set::ErrorInfo error{};
  if (set_->set.Match(re2::StringPiece(text.data(), text.size()), &found, &error)) {
    for (const int one : found) numbers.push_back(static_cast<PatternNumber>(one));
    std::sort(numbers.begin(), numbers.end());
  } else if (error.kind != RE2::Set::kNoError) {
    // The search state outgrew its memory: slower, but the same answer.
    for (PatternNumber number = 0; number < single_.size(); ++number) {
      if (is_in(number, text)) numbers.push_back(number);
    }
  }
  return numbers;
}

}  // namespace sealgate::engine::policy
