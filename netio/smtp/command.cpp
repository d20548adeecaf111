// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/command.h"

#include <array>
#include <utility>

#include "netio/smtp/syntax.h"

namespace sealgate::netio {

Command parse_command(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, Verb>, 19> kVerbs = {{
      {"EHLO", Verb::Ehlo},         {"HELO", Verb::Helo},  {"LHLO", Verb::Lhlo},
      {"MAIL", Verb::Mail},         {"RCPT", Verb::Rcpt},  {"DATA", Verb::Data},
      {"BDAT", Verb::Bdat},         {"RSET", Verb::Rset},  {"NOOP", Verb::Noop},
      {"VRFY", Verb::Vrfy},         {"HELP", Verb::Help},  {"QUIT", Verb::Quit},
      {"XFORWARD", Verb::Xforward}, {"EXPN", Verb::Known}, {"STARTTLS", Verb::Known},
      {"AUTH", Verb::Known},        {"TURN", Verb::Known}, {"ETRN", Verb::Known},
      {"XCLIENT", Verb::Known},
  }};
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  const std::string_view word = line.substr(0, line.find(' '));
  std::string_view argument = line.substr(word.size());
  if (!argument.empty()) argument.remove_prefix(1);
  for (const auto& [name, verb] : kVerbs) {
    if (equal_ignoring_case(name, word)) return {.verb = verb, .argument = argument};
  }
  return {.verb = Verb::Unknown, .argument = argument};
}

}  // namespace sealgate::netio
