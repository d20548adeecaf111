// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/policy/policy.h"

namespace sealgate::engine::policy {
namespace {

using ::testing::HasSubstr;

// "line:column what" of every problem, one a line; errors with '!'.
std::string problems_of(const std::string& toml) {
  std::vector<Problem> problems;
  const std::optional<Policy> policy = Policy::parse(toml, problems);
  std::string text;
  bool has_error = false;
  for (const Problem& problem : problems) {
    const bool is_error = problem.severity == Problem::Severity::Error;
    has_error = has_error || is_error;
    text += problem.where("p") + (is_error ? "! " : "? ") + problem.what + "\n";
  }
  EXPECT_EQ(policy.has_value(), !has_error) << text;
  return text;
}

std::string rule(const std::string& keys) {
  return "[[rule]]\nname = 'r'\n" + keys + "\n[[rule]]\nname = 'else'\npass = true\n";
}

TEST(PolicyReader, SaysWhereTheTextIsNoToml) {
  EXPECT_THAT(problems_of("[[rule]]\nname = \n"), HasSubstr("p:2:8!"));
  EXPECT_THAT(problems_of("[[rule]]\nname = 'a'\nname = 'b'\n"), HasSubstr("p:3:"));
  EXPECT_THAT(problems_of("x = '\xff'"), HasSubstr("!"));
}

TEST(PolicyReader, NamesUnknownKeysAndWhatWasMeant) {
  EXPECT_EQ(problems_of(rule("singn = 'always'\nencrypt = 'known'\nrecipient = '@a.example'")),
            "p:3:1! unknown key `singn` in a rule; did you mean `sign`?\n");
  EXPECT_EQ(problems_of(rule("encrypt = 'known'\nsubject_tag = 'x'") + "[profil.x]\n"),
            "p:8:2! unknown key `profil` in the policy; did you mean `profile`?\n");
  EXPECT_THAT(problems_of(rule("encrypt='known'\nfrobnicate=1")),
              HasSubstr("p:4:1! unknown key `frobnicate` in a rule\n"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nheader = { name='a', iz='b', is='c' }")),
              HasSubstr("unknown key `iz` in `header`; did you mean `is`?"));
  EXPECT_THAT(problems_of("[profile.x]\nciper = 'aes-128-cbc'\n" + rule("encrypt='known'")),
              HasSubstr("p:2:1! unknown key `ciper` in profile `x`; did you mean `cipher`?"));
  EXPECT_THAT(problems_of("[[assign]]\ncontact='*'\nprofile='kim'\nfoo=1\n" + rule("pass=true")),
              HasSubstr("unknown key `foo` in `assign`"));
}

TEST(PolicyReader, NamesWordsThatAreNoChoice) {
  EXPECT_THAT(problems_of(rule("encrypt = 'requird'")),
              HasSubstr("p:3:1! `encrypt` is `requird` but must be one of `required`, `known`, "
                        "`if_possible`, `never`; did you mean `required`?"));
  EXPECT_THAT(problems_of(rule("sign = true")),
              HasSubstr("`sign` must be a string, not true or false"));
  EXPECT_THAT(problems_of(rule("pass = 'yes'")),
              HasSubstr("`pass` must be true or false, not a string"));
  EXPECT_THAT(problems_of("version = 2\n" + rule("encrypt='known'")),
              HasSubstr("`version` must be from 1 to 1"));
}

TEST(PolicyReader, NamesUnknownGroupsAndProfiles) {
  const std::string groups = "[group]\nmanagement = ['a@example.org']\n";
  EXPECT_THAT(problems_of(groups + rule("encrypt='known'\nsender='group:managment'")),
              HasSubstr("there is no group `managment`; did you mean `management`?"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nprofile='modem'")),
              HasSubstr("there is no profile `modem`; did you mean `modern`?"));
  EXPECT_THAT(problems_of("[profile.kim]\ndigest='sha512'\n" + rule("encrypt='known'")),
              HasSubstr("profile `kim` is built in"));
  EXPECT_THAT(
      problems_of("[profile.x]\nkeys='elliptic'\nrsa_signature='pss'\n" + rule("encrypt='known'")),
      HasSubstr("takes elliptic-curve keys alone"));
}

TEST(PolicyReader, NamesWrongValues) {
  EXPECT_THAT(problems_of(rule("encrypt='known'\nrecipient='bob'")),
              HasSubstr("p:4:11! `bob` is no address"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nrecipient=[]")), HasSubstr("empty list"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nrecipient=['@a.example', 3]")),
              HasSubstr("must hold strings"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\npatterns='a(b'")),
              HasSubstr("p:4:10! the regular expression is wrong: missing ): a(b"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\npatterns='(((a{100}){100}){100}){100}'")),
              HasSubstr("the regular expression is wrong"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nlarger_than='10 MB'")), HasSubstr("10 MiB"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nlarger_than=-1")), HasSubstr("octets"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nlarger_than='99999999999 GiB'")),
              HasSubstr("octets"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nsubject_tag='[x]'")),
              HasSubstr("a tag is one word without brackets"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nheader={name='a b', is='c'}")),
              HasSubstr("`a b` is no name of a header field"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nheader={name='a', is='c', matches='d'}")),
              HasSubstr("exactly one of"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nheader='a'")), HasSubstr("must be a table"));
  EXPECT_THAT(problems_of(rule("refuse=\"two\\nlines\"")), HasSubstr("one line"));
  EXPECT_THAT(problems_of("[[rule]]\npass=true\n"), HasSubstr("the rule has no `name`"));
  EXPECT_THAT(problems_of("rule = 3\n"), HasSubstr("`rule` must be a table or a list of tables"));
}

TEST(PolicyReader, NamesContradictions) {
  EXPECT_THAT(problems_of(rule("refuse='no'\nsign='always'")),
              HasSubstr("p:4:1! `sign` contradicts `refuse` in the same rule"));
  EXPECT_THAT(problems_of(rule("pass=true\nencrypt='known'")),
              HasSubstr("`encrypt` contradicts `pass`"));
  EXPECT_EQ(problems_of(rule("pass=true\ntls='required'\nrecipient='@a.example'")), "");
  EXPECT_THAT(problems_of(rule("pass=false\nencrypt='known'")),
              HasSubstr("`pass` can only be true"));
  EXPECT_THAT(problems_of(rule("recipient='@a.example'")), HasSubstr("the rule does nothing"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nremove_tag=true")),
              HasSubstr("`remove_tag` needs a `subject_tag`"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nlarger_than=10\nsmaller_than=11")),
              HasSubstr("no size is above"));
  EXPECT_THAT(problems_of(rule("encrypt='never'\nsign='never'\nprofile='kim'")),
              HasSubstr("`profile` contradicts"));
  EXPECT_THAT(problems_of("[[rule]]\nname='a'\nsubject_tag='x'\npass=true\n"
                          "[[rule]]\nname='a'\npass=true\n"),
              HasSubstr("p:5:1! there is a rule `a` already at line 1"));
}

TEST(PolicyReader, WarnsOfRulesThatCannotMatchAndOfGaps) {
  EXPECT_THAT(problems_of("[[rule]]\nname='all'\nrecipient='*'\npass=true\n"
                          "[[rule]]\nname='late'\nsubject_tag='x'\npass=true\n"),
              HasSubstr("p:5:1? rule `late` can never match: rule `all` before it takes every"));
  EXPECT_THAT(problems_of("[[rule]]\nname='a'\nsubject_tag='x'\npass=true\n"
                          "[[rule]]\nname='b'\nsubject_tag='x'\nencrypt='known'\n"
                          "[[rule]]\nname='c'\npass=true\n"),
              HasSubstr("? rule `b` can never match: rule `a` has the same conditions"));
  EXPECT_THAT(problems_of("[[rule]]\nname='a'\nsubject_tag='x'\npass=true\n"),
              HasSubstr("? no rule takes every message"));
  EXPECT_THAT(problems_of(""), HasSubstr("! the policy has no rule"));
}

TEST(PolicyReader, HasLimits) {
  EXPECT_THAT(problems_of(std::string(kPolicyBytesMax + 1, '#')), HasSubstr("larger than 1 MiB"));
  std::string rules;
  for (std::size_t i = 0; i <= kRulesMax; ++i) {
    rules += "[[rule]]\nname='" + std::to_string(i) + "'\nsubject_tag='t" + std::to_string(i) +
             "'\npass=true\n";
  }
  EXPECT_THAT(problems_of(rules), HasSubstr("more than 1000 of `rule`"));
  std::string words = "words = [";
  for (std::size_t i = 0; i <= kTextPatternsMax; ++i) words += "'w" + std::to_string(i) + "',";
  EXPECT_THAT(problems_of(rule("encrypt='known'\n" + words + "]")),
              HasSubstr("more than 200 words"));
  EXPECT_THAT(problems_of(rule("encrypt='known'\nwords='" + std::string(1001, 'x') + "'")),
              HasSubstr("more than 1000 octets"));
  EXPECT_EQ(problems_of(rule("encrypt='known'\nwords='" + std::string(1000, 'x') + "'")), "");
  std::string deep = "x = ";
  for (int i = 0; i < 1000; ++i) deep += '[';
  EXPECT_THAT(problems_of(deep), HasSubstr("!"));
}

}  // namespace
}  // namespace sealgate::engine::policy
