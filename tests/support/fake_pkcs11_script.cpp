// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_pkcs11_script.h"

#include <cstdlib>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  for (const char each : line) {
    if (each != ' ') {
      word.push_back(each);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::uint64_t number(const std::vector<std::string>& words, std::size_t at) {
  SG_CHECK(at < words.size());
  return std::strtoull(words[at].c_str(), nullptr, 0);
}

}  // namespace

void FakeScript::apply(std::string_view script) {
  while (!script.empty()) {
    const std::size_t end = script.find_first_of(";\n");
    const std::vector<std::string> words = words_of(script.substr(0, end));
    if (!words.empty()) apply_command(words);
    if (end == std::string_view::npos) return;
    script.remove_prefix(end + 1);
  }
}

void FakeScript::apply_command(const std::vector<std::string>& words) {
  const std::string& command = words[0];
  if (command == "key") {
    SG_CHECK(words.size() == 4);
    keys.push_back({.label = words[1], .algorithm = words[2], .usage = words[3]});
  } else if (command == "pin") {
    SG_CHECK(words.size() == 2);
    pin = words[1];
  } else if (command == "sessions") {
    sessions_max = number(words, 1);
  } else if (command == "wrong-pins") {
    wrong_pins = number(words, 1);
  } else if (command == "fault") {
    SG_CHECK(words.size() >= 4);
    faults_.push_back({.function = words[1],
                       .from = calls(words[1]) + number(words, 2),
                       .times = words.size() > 4 ? number(words, 4) : 1,
                       .rv = number(words, 3),
                       .removes_token = false});
  } else if (command == "remove") {
    SG_CHECK(words.size() == 3);
    faults_.push_back({.function = words[1],
                       .from = calls(words[1]) + number(words, 2),
                       .times = 1,
                       .rv = 0,
                       .removes_token = true});
  } else if (command == "return") {
    return_after_ = number(words, 1);
  } else if (command == "latency") {
    latency_micros = number(words, 1);
  } else if (command == "wrong") {
    wrong_from_ = signatures_ + number(words, 1);
    wrong_times_ = words.size() > 2 ? number(words, 2) : 1;
  } else if (command == "forget-login") {
    forgets_login = true;
  } else {
    apply_trait(words);
  }
}

void FakeScript::apply_trait(const std::vector<std::string>& words) {
  const std::string& command = words[0];
  if (command == "hide") {
    hidden.insert(number(words, 1));
  } else if (command == "refuse") {
    refused.insert(number(words, 1));
  } else if (command == "oaep-sha1-alone") {
    has_oaep_sha1_alone = true;
  } else if (command == "wrapped-points") {
    wants_wrapped_points = true;
  } else if (command == "drop-zeros") {
    drops_leading_zeros = true;
  } else {
    SG_CHECK(command.empty());  // Not a command.
  }
}

FakeScript::Verdict FakeScript::on_call(std::string_view function) {
  const std::uint64_t own = calls_[std::string(function)]++;
  const std::uint64_t all = calls_["any"]++;
  Verdict verdict;
  for (const Fault& fault : faults_) {
    const bool is_any = fault.function == "any";
    if (!is_any && fault.function != function) continue;
    const std::uint64_t call = is_any ? all : own;
    if (call < fault.from || call - fault.from >= fault.times) continue;
    if (fault.removes_token) {
      verdict.removes_token = true;
    } else {
      verdict.rv = fault.rv;
    }
  }
  return verdict;
}

bool FakeScript::takes_wrong_signature() {
  const std::uint64_t signature = signatures_++;
  return signature >= wrong_from_ && signature - wrong_from_ < wrong_times_;
}

bool FakeScript::takes_return() {
  if (!return_after_.has_value()) return false;
  if (*return_after_ == 0) {
    return_after_.reset();
    return true;
  }
  --*return_after_;
  return false;
}

std::uint64_t FakeScript::calls(const std::string& function) const {
  const auto found = calls_.find(function);
  return found == calls_.end() ? 0 : found->second;
}

}  // namespace sealgate::test_support
