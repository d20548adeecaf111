// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/clamd_answer.h"

#include <algorithm>

namespace sealgate::app {
namespace {

constexpr std::string_view kFound = " FOUND";
constexpr std::string_view kError = " ERROR";
constexpr std::string_view kTooLarge = "INSTREAM size limit exceeded. ERROR";

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes "stream: " or "fd[10]: " from the front.
bool take_subject(std::string_view& answer) {
  const std::size_t end = answer.find(": ");
  if (end == std::string_view::npos) return false;
  const std::string_view subject = answer.substr(0, end);
  const bool is_descriptor = subject.starts_with("fd[") && subject.ends_with("]") &&
                             is_number(subject.substr(3, subject.size() - 4));
  if (subject != "stream" && !is_descriptor) return false;
  answer.remove_prefix(end + 2);
  return true;
}

Judgement not_understood() {
  return {Outcome::Unavailable, "clamd gives an answer that is none", false};
}

}  // namespace

Judgement parse_clamd_answer(std::string_view answer) {
  // It closes the stream at its own limit, and will again.
  if (answer == kTooLarge) {
    return {Outcome::Refused, "the message is larger than clamd takes (StreamMaxLength)", false};
  }
  if (!take_subject(answer)) return not_understood();
  if (answer == "OK") return {Outcome::Clean, "", false};
  if (answer.ends_with(kFound) && answer.size() > kFound.size()) {
    answer.remove_suffix(kFound.size());
    return {Outcome::Infected, printable(answer), false};
  }
  if (answer.ends_with(kError) && answer.size() > kError.size()) {
    answer.remove_suffix(kError.size());
    return {Outcome::Unavailable,
            printable("clamd cannot scan the message: " + std::string(answer)), false};
  }
  return not_understood();
}

}  // namespace sealgate::app
