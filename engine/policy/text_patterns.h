// SPDX-License-Identifier: Apache-2.0
//
// The words and regular expressions of a policy, searched all at once: one pass over a text
// finds every pattern in it, in time linear in the text (RE2).
//
// Threading: immutable after compile(); may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace sealgate::engine::policy {

using PatternNumber = std::size_t;

class TextPatterns {
 public:
  TextPatterns();
  TextPatterns(TextPatterns&& other) noexcept;
  TextPatterns& operator=(TextPatterns&& other) noexcept;
  ~TextPatterns();

  // A whole word (or words), the case of letters not minded. Requires: valid UTF-8 or not: what
  // is not is never found.
  PatternNumber add_word(std::string_view word);

  struct Added {
    PatternNumber number = 0;
    std::string fault;  // What is wrong with the expression, or "".
  };
  // A regular expression in RE2's syntax.
  Added add_expression(std::string_view expression);

  // Call once, after the last add. False where the patterns together need too much memory.
  bool compile();

  std::size_t size() const { return shown_.size(); }
  // As it was written.
  const std::string& shown(PatternNumber number) const { return shown_[number]; }

  bool is_in(PatternNumber number, std::string_view text) const;
  // The numbers of all patterns in `text`, in order.
  std::vector<PatternNumber> find_all(std::string_view text) const;

 private:
  struct Set;

  PatternNumber add(std::unique_ptr<re2::RE2> pattern, std::string_view shown);

  std::vector<std::string> shown_;
  std::vector<std::unique_ptr<re2::RE2>> single_;
  std::unique_ptr<Set> set_;
};

}  // namespace sealgate::engine::policy
