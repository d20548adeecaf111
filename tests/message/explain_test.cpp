// SPDX-License-Identifier: Apache-2.0
//
// Explanations: they say what the pipeline then does, and why.
#include "engine/message/explain.h"

#include <algorithm>
#include <sys/mman.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/message/errors.h"
#include "engine/message/snapshot.h"
#include "tests/message/pipeline_world.h"
#include "tests/message/policies.h"

namespace sealgate::test_support {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

engine::Explanation explain_with(const std::string& policy, const std::string& text,
                                 const engine::Envelope& envelope) {
  const std::shared_ptr<const engine::Snapshot> snapshot = shared_cast().snapshot(policy);
  return engine::explain(*snapshot, as_bytes(text), envelope, engine::PartialRefusal::RefuseAll,
                         {.monotonic = TimePoint(), .wall = kTestTime})
      .value();
}

TEST(Explain, NamesRuleCertificateAlgorithmsAndCopies) {
  const engine::Explanation explanation =
      explain_with(kKnownPolicy, plain_mail("bob@example.net, erin@example.com", "Hello\r\n"),
                   envelope("alice@example.org", {"bob@example.net", "erin@example.com"}));
  EXPECT_FALSE(explanation.is_refused);
  EXPECT_EQ(explanation.reply.code, 250);
  EXPECT_EQ(explanation.header_from, "alice@example.org");
  ASSERT_THAT(explanation.identities, SizeIs(1));
  EXPECT_TRUE(explanation.identities[0].is_chosen);
  ASSERT_THAT(explanation.recipients, SizeIs(2));
  const engine::ExplainedRecipient& bob = explanation.recipients[0];
  EXPECT_EQ(bob.rule, "known contacts");
  EXPECT_EQ(bob.protection, "signed+encrypted");
  EXPECT_EQ(bob.algorithms, "rsa-pkcs1-sha256, rsaes-pkcs1, aes-256-cbc");
  EXPECT_TRUE(bob.is_known_contact);
  ASSERT_THAT(bob.certificates, SizeIs(1));
  EXPECT_EQ(bob.certificates[0].origin, "bob@example.net.pem");
  EXPECT_FALSE(explanation.recipients[1].is_known_contact);
  ASSERT_THAT(explanation.copies, SizeIs(2));
  EXPECT_EQ(explanation.copies[0].layers,
            "application/pkcs7-mime (enveloped-data) > multipart/signed > text/plain");
  EXPECT_EQ(explanation.copies[1].why_separate, "not encrypted, which others are");
}

TEST(Explain, SaysWhyACertificateLostAndWhatTheClientWouldBeTold) {
  const engine::Explanation explanation =
      explain_with(kKnownPolicy, plain_mail("dave@example.net", "x"),
                   envelope("alice@example.org", {"dave@example.net"}));
  EXPECT_TRUE(explanation.is_refused);
  EXPECT_EQ(explanation.reply.code, 550);
  EXPECT_THAT(explanation.copies, IsEmpty());
  ASSERT_THAT(explanation.recipients[0].certificates, SizeIs(1));
  EXPECT_EQ(explanation.recipients[0].certificates[0].outcome, "expired");
  EXPECT_FALSE(explanation.recipients[0].certificates[0].is_chosen);
  EXPECT_THAT(engine::render(explanation),
              AllOf(HasSubstr("- CN=dave@example.net"), HasSubstr("expired"), HasSubstr("nothing"),
                    HasSubstr("550 5.7.1 Not sent to dave@example.net")));
}

TEST(Explain, TakesFilesWithUnixLineEnds) {
  std::string text = plain_mail("bob@example.net", "Hello\r\nWorld\r\n");
  std::string unix_text = text;
  unix_text.erase(std::remove(unix_text.begin(), unix_text.end(), '\r'), unix_text.end());
  const engine::Explanation explanation =
      explain_with(kKnownPolicy, unix_text, envelope("alice@example.org", {"bob@example.net"}));
  EXPECT_EQ(explanation.size, text.size());
  EXPECT_THAT(explanation.findings, IsEmpty());
  EXPECT_EQ(explanation.subject, "hello");
}

TEST(Explain, ShowsTheTagLessSubjectAndEachRule) {
  const engine::Explanation explanation = explain_with(
      kTagPolicy,
      "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: [Secret] plans\r\n\r\nx\r\n",
      envelope("alice@example.org", {"bob@example.net"}));
  EXPECT_EQ(explanation.subject, "[Secret] plans");
  EXPECT_EQ(explanation.outgoing_subject, "plans");
  EXPECT_THAT(explanation.notes, Contains(HasSubstr("a Date field is added")));
  ASSERT_THAT(explanation.recipients[0].rules, SizeIs(2));
  EXPECT_TRUE(explanation.recipients[0].rules[0].has_matched);
  EXPECT_FALSE(explanation.recipients[0].rules[1].has_matched);
}

TEST(Explain, PrintsNoControlCharactersOfTheMessage) {
  const engine::Explanation explanation = explain_with(
      kKnownPolicy,
      "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: =?utf-8?Q?=1B[31mred?=\r\n\r\nx",
      envelope("alice@example.org", {"bob@example.net"}));
  EXPECT_EQ(engine::render(explanation).find('\x1B'), std::string::npos);
}

TEST(Explain, SaysThatALoopOrAnEmptyMessageWouldBeRefused) {
  std::string loop;
  for (int i = 0; i < 101; ++i) loop += "Received: from a by b; x\n";
  const engine::Explanation explanation =
      explain_with(kKnownPolicy, loop + "\nx", envelope("alice@example.org", {"bob@example.net"}));
  EXPECT_TRUE(explanation.is_refused);
  EXPECT_EQ(explanation.reply.enhanced, "5.4.6");
  const engine::Explanation empty =
      explain_with(kKnownPolicy, "", envelope("alice@example.org", {"bob@example.net"}));
  EXPECT_TRUE(empty.is_refused);
  EXPECT_THAT(empty.notes, Contains(HasSubstr("no From field")));
}

TEST(Explain, RefusesAFileLargerThanAnyMessage) {
  // Address space alone: nothing of it is touched.
  const std::size_t size = kMessageBytesMax + 1;
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const ByteView file(static_cast<const std::uint8_t*>(memory), size);
  const auto snapshot = shared_cast().snapshot(kKnownPolicy);
  const Result<engine::Explanation> explanation = engine::explain(
      *snapshot, file, envelope("alice@example.org", {"bob@example.net"}),
      engine::PartialRefusal::RefuseAll, {.monotonic = TimePoint(), .wall = kTestTime});
  munmap(memory, size);
  ASSERT_FALSE(explanation.has_value());
  EXPECT_TRUE(explanation.error().is(engine::kExplainTooLarge));
}

TEST(Explain, AgreesWithThePipeline) {
  for (const std::string& policy : {kKnownPolicy, kPassPolicy, kRequiredPolicy, kUnsignedPolicy,
                                    kTagPolicy, kOpaqueGcmPolicy}) {
    for (const char* to :
         {"bob@example.net", "carol@example.net", "dave@example.net", "erin@example.com"}) {
      SCOPED_TRACE(policy + to);
      const std::string text = plain_mail(to, "Hello\r\n");
      const engine::Envelope for_one = envelope("alice@example.org", {to});
      const engine::Explanation explanation = explain_with(policy, text, for_one);
      PipelineWorld world({.policy = policy, .settings = {}});
      const engine::MessageId id = world.send(for_one, text);
      world.settle();
      const engine::Answer* answer = world.answer(id);
      ASSERT_NE(answer, nullptr);
      EXPECT_EQ(answer->replies[0].code, explanation.reply.code);
      EXPECT_EQ(world.sent.size(), explanation.copies.size());
      EXPECT_EQ(world.audits.at(0).recipients[0].protection, explanation.recipients[0].protection);
      EXPECT_EQ(world.audits.at(0).recipients[0].algorithms, explanation.recipients[0].algorithms);
      EXPECT_EQ(world.audits.at(0).recipients[0].rule, explanation.recipients[0].rule);
    }
  }
}

// ---- snapshots ----

TEST(Snapshot, IsRefusedAsAWholeWithEveryProblemNamed) {
  engine::SnapshotSource source;
  source.policy_toml = "[[rule]]\nnonsense = 1\n";
  source.policy_name = "policy.toml";
  const std::vector<engine::CertificateSource> broken = {
      {.der = {1, 2, 3}, .origin = "broken.pem", .address = ""}};
  source.contacts = broken;
  source.anchors = broken;
  source.identities.push_back({.certificate = broken[0], .intermediates = {}});
  source.revocation_lists.push_back({4, 5});
  std::vector<engine::SnapshotProblem> problems;
  EXPECT_EQ(engine::compile_snapshot(source, problems), nullptr);
  const auto is_named = [&](const std::string& start) {
    return std::any_of(problems.begin(), problems.end(), [&](const auto& problem) {
      return problem.where.rfind(start, 0) == 0 && !problem.what.empty();
    });
  };
  EXPECT_TRUE(is_named("policy.toml:2"));
  EXPECT_TRUE(is_named("broken.pem"));
  EXPECT_TRUE(is_named("revocation list 1"));
  EXPECT_GE(problems.size(), 5U);
}

TEST(Snapshot, AContactWhoseAddressIsMalformedIsNotLeftOut) {
  TestAuthority authority(kTestTime);
  const KeyPointer key = make_p256_key();
  engine::SnapshotSource source;
  source.policy_toml = kKnownPolicy;
  source.contacts.push_back(
      {.der = authority.issue(*key, {.address = "b ob@example.net",
                                     .not_before = kTestTime,
                                     .not_after = kTestTime + std::chrono::days(1)}),
       .origin = "bob.pem",
       .address = ""});
  std::vector<engine::SnapshotProblem> problems;
  EXPECT_EQ(engine::compile_snapshot(source, problems), nullptr);
  source.contacts[0].address = "bob@example.net";
  EXPECT_NE(engine::compile_snapshot(source, problems), nullptr);
}

TEST(Snapshot, ACertificateThatStandsForNobodyIsAWarning) {
  TestAuthority authority(kTestTime);
  const KeyPointer key = make_p256_key();
  engine::SnapshotSource source;
  source.policy_toml = kKnownPolicy;
  source.policy_name = "policy.toml";
  source.generation = 3;
  source.contacts.push_back(
      {.der = authority.issue(
           *key,
           {.address = "", .not_before = kTestTime, .not_after = kTestTime + std::chrono::days(1)}),
       .origin = "nobody.pem",
       .address = ""});
  source.intermediates.push_back({.der = {1}, .origin = "chain.pem", .address = ""});
  std::vector<engine::SnapshotProblem> problems;
  const auto snapshot = engine::compile_snapshot(source, problems);
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->generation(), 3U);
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_EQ(problems[0].where, "nobody.pem");
  EXPECT_EQ(problems[1].where, "chain.pem");
}

}  // namespace
}  // namespace sealgate::test_support
