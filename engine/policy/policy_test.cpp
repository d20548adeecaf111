// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/policy/default_policy.h"
#include "engine/policy/fake_facts_test.h"

namespace sealgate::engine::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Policy parse(std::string_view toml) {
  std::vector<Problem> problems;
  std::optional<Policy> policy = Policy::parse(toml, problems);
  for (const Problem& problem : problems) {
    EXPECT_NE(problem.severity, Problem::Severity::Error) << problem.where("p") << problem.what;
  }
  SG_CHECK(policy.has_value());
  return std::move(*policy);
}

// A policy of one rule with these conditions, then one for everything else.
Policy with_conditions(const std::string& conditions) {
  return parse(
      "[group]\nteam = ['ann@example.org', '@team.example.org']\n"
      "[[rule]]\nname = 'tested'\nencrypt = 'required'\n" +
      conditions + "\n[[rule]]\nname = 'else'\npass = true\n");
}

bool matches(const std::string& conditions, const FakeFacts& facts, std::string_view recipient) {
  const Policy policy = with_conditions(conditions);
  Policy::Inquiry inquiry(facts);
  return policy.decide(inquiry, recipient, nullptr).rule == "tested";
}

bool matches(const std::string& conditions, const FakeFacts& facts) {
  return matches(conditions, facts, "bob@example.net");
}

TEST(Policy, TakesTheFirstRuleThatMatches) {
  const Policy policy = parse(R"(
    [[rule]]
    name = "one"
    recipient = "@example.net"
    encrypt = "required"
    [[rule]]
    name = "two"
    refuse = "not to strangers"
  )");
  const FakeFacts facts;
  Policy::Inquiry inquiry(facts);
  const Decision one = policy.decide(inquiry, "bob@EXAMPLE.net", nullptr);
  EXPECT_EQ(one.rule, "one");
  EXPECT_EQ(one.treatment, Treatment::Seal);
  EXPECT_EQ(one.encrypt, EncryptWish::Required);
  EXPECT_EQ(one.sign, SignWish::Always);
  EXPECT_EQ(one.profile->name, "default");
  EXPECT_THAT(one.reasons, Contains(HasSubstr("recipient is in @example.net")));
  const Decision two = policy.decide(inquiry, "eve@example.com", nullptr);
  EXPECT_EQ(two.treatment, Treatment::Refuse);
  EXPECT_EQ(two.refusal, "not to strangers");
  EXPECT_THAT(policy.rule_names(), ElementsAre("one", "two"));
}

TEST(Policy, KnowsADomainWhateverStandsBeforeIt) {
  const FakeFacts facts;
  EXPECT_TRUE(matches("recipient = '@example.net'", facts, "\"b ob\"@EXAMPLE.net"));
  EXPECT_TRUE(matches("recipient = '*.example.net'", facts, "\"b@x ob\"@Mail.EXAMPLE.net"));
  EXPECT_FALSE(matches("recipient = '@example.net'", facts, "\"b@example.net\"@example.com"));
}

TEST(Policy, RefusesWhatNoRuleTakes) {
  const Policy policy = parse("[[rule]]\nname='x'\nrecipient='@example.com'\npass=true\n");
  const FakeFacts facts;
  Policy::Inquiry inquiry(facts);
  const Decision decision = policy.decide(inquiry, "bob@example.net", nullptr);
  EXPECT_EQ(decision.treatment, Treatment::Refuse);
  EXPECT_EQ(decision.rule, "");
  EXPECT_NE(decision.refusal, "");
}

TEST(Policy, TracesEveryRuleWithTheFirstConditionThatFailed) {
  const Policy policy = parse(R"(
    [[rule]]
    name = "big"
    larger_than = "10 MiB"
    recipient = "@example.net"
    pass = true
    [[rule]]
    name = "to net"
    recipient = "*"
    encrypt = "known"
    [[rule]]
    name = "to bob"
    recipient = "bob@example.net"
    direction = "outbound"
    pass = true
  )");
  FakeFacts facts;
  facts.size_ = 1000;
  Policy::Inquiry inquiry(facts);
  std::vector<RuleTrace> trace;
  EXPECT_EQ(policy.decide(inquiry, "bob@example.net", &trace).rule, "to net");
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_FALSE(trace[0].has_matched);
  EXPECT_EQ(trace[0].reason, "size 1000 is not larger than 10485760");
  EXPECT_TRUE(trace[1].has_matched);
  EXPECT_FALSE(trace[2].has_matched);
  EXPECT_THAT(trace[2].reason, HasSubstr("an earlier rule has matched"));
}

TEST(Policy, MatchesAddressesDomainsAndGroups) {
  const FakeFacts facts;
  EXPECT_TRUE(matches("recipient = 'bob@example.net'", facts));
  EXPECT_FALSE(matches("recipient = 'Bob@example.net'", facts));
  EXPECT_TRUE(matches("recipient = ['x@y.example', '@example.net']", facts));
  EXPECT_FALSE(matches("recipient = '*.example.net'", facts));
  EXPECT_TRUE(matches("recipient = '*.example.net'", facts, "bob@a.b.example.net"));
  EXPECT_FALSE(matches("recipient = '@example.net'", facts, "bob@a.example.net"));
  EXPECT_FALSE(matches("recipient = '@example.net'", facts, "bob@evilexample.net"));
  EXPECT_TRUE(matches("recipient = 'group:team'", facts, "ann@example.org"));
  EXPECT_TRUE(matches("recipient = 'group:team'", facts, "x@team.example.org"));
  EXPECT_FALSE(matches("recipient = 'group:team'", facts, "x@example.org"));
  EXPECT_TRUE(matches("recipient = '*'", facts, "not an address"));
  EXPECT_FALSE(matches("recipient = '@example.net'", facts, "bob@example.net\r\n"));
}

TEST(Policy, MatchesBothSenders) {
  FakeFacts facts;
  facts.sender_ = "ann@Example.org";
  facts.envelope_sender_ = "bounce@lists.example.org";
  EXPECT_TRUE(matches("sender = 'group:team'", facts));
  EXPECT_FALSE(matches("sender = '*.example.org'", facts));
  EXPECT_TRUE(matches("envelope_sender = '*.example.org'", facts));
}

TEST(Policy, MatchesDirectionAndSize) {
  FakeFacts facts;
  EXPECT_TRUE(matches("direction = 'outbound'", facts));
  facts.direction_ = Direction::Inbound;
  EXPECT_FALSE(matches("direction = 'outbound'", facts));
  facts.size_ = 1024;
  EXPECT_FALSE(matches("larger_than = '1 KiB'", facts));
  EXPECT_TRUE(matches("larger_than = 1023", facts));
  EXPECT_FALSE(matches("smaller_than = '1KiB'", facts));
  EXPECT_TRUE(matches("smaller_than = 1025", facts));
}

TEST(Policy, MatchesSubjectTagsAndRemovesThem) {
  FakeFacts facts;
  facts.subject_ = "Re: (EnCrypt) Offer";
  const Policy policy = with_conditions("subject_tag = ['secure', 'encrypt']\nremove_tag = true");
  Policy::Inquiry inquiry(facts);
  const Decision decision = policy.decide(inquiry, "bob@example.net", nullptr);
  EXPECT_EQ(decision.rule, "tested");
  EXPECT_EQ(decision.subject, "Re: Offer");
  facts.subject_ = "encrypt this";
  EXPECT_FALSE(matches("subject_tag = 'encrypt'", facts));
}

TEST(Policy, MatchesHeaders) {
  FakeFacts facts;
  facts.headers_ = {{"sensitivity", {"Company-Confidential "}}, {"x-class", {"low", "Secret 7"}}};
  EXPECT_TRUE(matches("sensitivity = ['private', 'company-confidential']", facts));
  EXPECT_FALSE(matches("sensitivity = 'private'", facts));
  EXPECT_TRUE(matches("header = { name = 'X-Class', is = 'secret 7' }", facts));
  EXPECT_FALSE(matches("header = { name = 'X-Class', is = 'secret' }", facts));
  EXPECT_TRUE(matches("header = { name = 'X-Class', matches = '^Secret [0-9]$' }", facts));
  EXPECT_TRUE(matches("header = { name = 'X-Class', present = true }", facts));
  EXPECT_FALSE(matches("header = { name = 'X-Class', present = false }", facts));
  EXPECT_TRUE(matches("header = { name = 'X-Other', present = false }", facts));
  EXPECT_FALSE(matches(
      "header = [{ name = 'X-Class', is = 'low' }, { name = 'X-Other', present = true }]", facts));
}

TEST(Policy, MatchesWordsAndExpressions) {
  FakeFacts facts;
  facts.subject_ = "Der Gesch\u00e4ftsbericht";
  facts.texts_ = {"nothing here", "the \u00dcBERNAHME of ACME-42, done"};
  EXPECT_TRUE(matches("words = '\u00fcbernahme'", facts));
  EXPECT_FALSE(matches("words = 'bernahme'", facts));
  EXPECT_FALSE(matches("words = '\u00fcber'", facts));
  EXPECT_TRUE(matches("words = ['x', 'gesch\u00e4ftsbericht']", facts));
  EXPECT_TRUE(matches("patterns = 'ACME-[0-9]+'", facts));
  EXPECT_FALSE(matches("patterns = 'acme-[0-9]+'", facts));
  EXPECT_FALSE(matches("subject_words = '\u00fcbernahme'", facts));
  EXPECT_TRUE(matches("subject_patterns = '^Der '", facts));
  EXPECT_FALSE(matches("subject_patterns = '^der '", facts));
  EXPECT_TRUE(matches("words = '.*'", FakeFacts()) == false);
}

TEST(Policy, MatchesAttachmentsByNameAndTypeTogether) {
  FakeFacts facts;
  facts.attachments_ = {{"Plan.DOCX", "application/msword"}, {"a.png", "image/png"}};
  EXPECT_TRUE(matches("attachment_name = '*.docx'", facts));
  EXPECT_FALSE(matches("attachment_name = '*.doc'", facts));
  EXPECT_TRUE(matches("attachment_type = 'image/*'", facts));
  EXPECT_FALSE(matches("attachment_name = '*.docx'\nattachment_type = 'image/*'", facts));
}

TEST(Policy, ReadsTextOnlyWhereEverythingElseHoldsAndOnlyOnce) {
  FakeFacts facts;
  facts.texts_ = {"secret"};
  EXPECT_FALSE(matches("words = 'secret'\nrecipient = '@example.com'", facts));
  EXPECT_EQ(facts.texts_asked_, 0);
  const Policy policy = with_conditions("words = 'secret'");
  Policy::Inquiry inquiry(facts);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(policy.decide(inquiry, "bob@example.net", nullptr).rule, "tested");
  }
  EXPECT_EQ(facts.texts_asked_, 1);
}

TEST(Policy, ReadsNoMoreTextThanItsLimit) {
  FakeFacts facts;
  facts.texts_ = {std::string(kTextBytesMax - 7, ' ') + "secret", " hidden "};
  EXPECT_TRUE(matches("words = 'secret'", facts));
  EXPECT_FALSE(matches("words = 'hidden'", facts));
}

TEST(Policy, AssignsProfilesToContacts) {
  const Policy policy = parse(R"(
    [profile.partners]
    based_on = "modern"
    cipher = "aes-128-gcm"
    [[assign]]
    contact = "carol@example.net"
    profile = "kim"
    [[assign]]
    contact = ["@example.net"]
    profile = "partners"
    [[rule]]
    name = "edi"
    recipient = "@edi.example"
    encrypt = "required"
    profile = "edi-energy"
    [[rule]]
    name = "all"
    encrypt = "known"
    sign = "if_possible"
    tls = "verified"
  )");
  const FakeFacts facts;
  Policy::Inquiry inquiry(facts);
  const auto profile_of = [&](std::string_view recipient) {
    return policy.decide(inquiry, recipient, nullptr).profile->name;
  };
  EXPECT_EQ(profile_of("carol@example.net"), "kim");
  EXPECT_EQ(profile_of("bob@example.net"), "partners");
  EXPECT_EQ(profile_of("x@edi.example"), "edi-energy");
  EXPECT_EQ(profile_of("x@example.com"), "default");
  EXPECT_EQ(policy.decide(inquiry, "x@example.com", nullptr).tls, TlsWish::Verified);
  const Profile& partners = *policy.profile("partners");
  EXPECT_EQ(partners.cipher, Cipher::Aes128Gcm);
  EXPECT_EQ(partners.rsa_signature, RsaSignature::Pss);
  EXPECT_EQ(policy.profile("none"), nullptr);
}

TEST(DefaultPolicy, IsCleanAndKeepsThePromise) {
  std::vector<Problem> problems;
  const std::optional<Policy> policy = Policy::parse(default_policy_text(), problems);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(problems.empty());
  FakeFacts facts;
  facts.subject_ = "hello";
  Policy::Inquiry plain(facts);
  EXPECT_EQ(policy->decide(plain, "bob@example.net", nullptr).encrypt, EncryptWish::Known);
  facts.subject_ = "{SECURE} hello";
  Policy::Inquiry tagged(facts);
  const Decision decision = policy->decide(tagged, "bob@example.net", nullptr);
  EXPECT_EQ(decision.encrypt, EncryptWish::Required);
  EXPECT_EQ(decision.subject, "hello");
  facts.direction_ = Direction::Inbound;
  Policy::Inquiry inbound(facts);
  EXPECT_EQ(policy->decide(inbound, "bob@example.net", nullptr).treatment, Treatment::Pass);
}

TEST(DefaultPolicy, DescribesEveryKey) {
  for (const std::string_view key : {"direction",     "sender",           "envelope_sender",
                                     "recipient",     "subject_tag",      "sensitivity",
                                     "header",        "larger_than",      "smaller_than",
                                     "subject_words", "subject_patterns", "words",
                                     "patterns",      "attachment_name",  "attachment_type",
                                     "sign",          "encrypt",          "tls",
                                     "profile",       "remove_tag",       "pass",
                                     "refuse",        "based_on",         "digest",
                                     "rsa_signature", "signature_form",   "cipher",
                                     "rsa_transport", "recipient_name",   "keys",
                                     "capabilities",  "contact",          "group"}) {
    EXPECT_THAT(std::string(default_policy_text()), HasSubstr(key));
  }
}

}  // namespace
}  // namespace sealgate::engine::policy
