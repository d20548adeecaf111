// SPDX-License-Identifier: Apache-2.0
//
// What clients are told, and that nothing is lost or duplicated: refusals, next hops that differ,
// tokens that fail, clients that leave, time that runs out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/message/pipeline_world.h"
#include "tests/message/policies.h"

namespace sealgate::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const engine::Reply kGone = {.code = 550, .enhanced = "5.1.1", .text = "no such user"};
const engine::Reply kLater = {.code = 450, .enhanced = "4.2.1", .text = "mailbox busy"};

const char* const kBob = "bob@example.net";
const char* const kCarol = "carol@example.net";
const char* const kDave = "dave@example.net";
const char* const kErin = "erin@example.com";
const char* const kAlice = "alice@example.org";

engine::MessageId send_to_both(PipelineWorld& world) {
  return world.send(envelope(kAlice, {kBob, kErin}),
                    plain_mail("bob@example.net, erin@example.com", "Hello\r\n"));
}

PipelineWorld known_world() {
  return PipelineWorld({.policy = kKnownPolicy, .settings = {}});
}

TEST(Refusal, AnExpiredCertificateOfAContactStopsTheMessageAndSaysWhatToDo) {
  PipelineWorld world = known_world();
  const engine::MessageId id =
      world.send(envelope(kAlice, {kDave}), plain_mail(kDave, "Hello\r\n"));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("550 5.7.1 Not sent to dave@example.net"));
  EXPECT_THAT(world.answer_text(id), HasSubstr("expired"));
  EXPECT_THAT(world.answer_text(id), HasSubstr("Ask the recipient for a new S/MIME certificate"));
  EXPECT_THAT(world.sent, IsEmpty());
  EXPECT_EQ(world.audits.at(0).disposition, engine::Disposition::Refused);
}

TEST(Refusal, OneRefusedRecipientStopsAllByDefault) {
  PipelineWorld world = known_world();
  const engine::MessageId id = world.send(envelope(kAlice, {kBob, kDave}),
                                          plain_mail("bob@example.net, dave@example.net", "x"));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("550 5.7.1 Not sent to dave@example.net"));
  EXPECT_THAT(world.answer_text(id), HasSubstr("Nothing was sent to the other recipients."));
  EXPECT_THAT(world.sent, IsEmpty());
}

TEST(Refusal, TheRestIsDeliveredAndReportedWhereConfigured) {
  PipelineWorld::Options options{.policy = kKnownPolicy, .settings = {}};
  options.settings.partial_refusal = engine::PartialRefusal::DeliverRest;
  PipelineWorld world(options);
  const engine::MessageId id = world.send(envelope(kAlice, {kBob, kDave}),
                                          plain_mail("bob@example.net, dave@example.net", "x"));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(1));
  EXPECT_THAT(world.mailbox(kDave), IsEmpty());
  ASSERT_THAT(world.mailbox(kAlice), SizeIs(1));
  EXPECT_THAT(world.mailbox(kAlice)[0], HasSubstr("Final-Recipient: rfc822; dave@example.net"));
  EXPECT_EQ(world.audits.at(0).disposition, engine::Disposition::PartlyDelivered);
}

TEST(Refusal, LmtpAnswersForEachRecipient) {
  PipelineWorld world = known_world();
  engine::Envelope from_lmtp = envelope(kAlice, {kBob, kDave, kErin});
  from_lmtp.protocol = engine::Protocol::Lmtp;
  world.replies[kErin] = {kLater};
  const engine::MessageId id = world.send(from_lmtp, plain_mail("bob@example.net", "x"));
  world.settle();
  const engine::Answer* answer = world.answer(id);
  ASSERT_NE(answer, nullptr);
  ASSERT_THAT(answer->replies, SizeIs(3));
  EXPECT_EQ(answer->replies[0].code, 250);
  EXPECT_EQ(answer->replies[1].code, 550);
  EXPECT_EQ(answer->replies[2].code, 450);
  EXPECT_THAT(world.mailbox(kAlice), IsEmpty()) << "replies are the report";
}

TEST(Refusal, WithoutIdentityTheWishDecides) {
  PipelineWorld always = known_world();
  const std::string text = "From: mallory@example.org\r\nTo: erin@example.com\r\n\r\nx\r\n";
  const engine::MessageId refused = always.send(envelope("mallory@example.org", {kErin}), text);
  always.settle();
  EXPECT_THAT(always.answer_text(refused), StartsWith("550 5.7.1 Not sent: it must be signed"));
  PipelineWorld possible({.policy = kUnsignedPolicy, .settings = {}});
  const engine::MessageId passed = possible.send(envelope("mallory@example.org", {kErin}), text);
  possible.settle();
  EXPECT_THAT(possible.answer_text(passed), StartsWith("250 "));
  EXPECT_THAT(possible.sent.at(0).text, Not(HasSubstr("multipart/signed")));
}

TEST(Refusal, ABounceNeedsNoIdentityButIsEncryptedAsPolicyWants) {
  PipelineWorld world = known_world();
  const std::string header = "From: MAILER-DAEMON@mail.example.org\r\nSubject: bounce\r\n\r\n";
  const engine::MessageId clear = world.send(envelope("", {kErin}), header + "x\r\n");
  const engine::MessageId sealed = world.send(envelope("", {kBob}), header + "secret\r\n");
  world.settle();
  EXPECT_THAT(world.answer_text(clear), StartsWith("250 "));
  EXPECT_THAT(world.answer_text(sealed), StartsWith("250 "));
  ASSERT_THAT(world.mailbox(kBob), SizeIs(1));
  EXPECT_THAT(world.mailbox(kBob)[0], Not(HasSubstr("secret")));
}

TEST(Refusal, SeveralOrNoFromAddressesHaveNoSigner) {
  for (const char* from : {"From: alice@example.org, bob@example.org\r\n", ""}) {
    PipelineWorld world = known_world();
    const engine::MessageId id =
        world.send(envelope(kAlice, {kErin}), std::string(from) + "To: erin@example.com\r\n\r\nx");
    world.settle();
    EXPECT_THAT(world.answer_text(id), StartsWith("550 5.7.1 ")) << from;
    EXPECT_THAT(world.sent, IsEmpty());
  }
}

TEST(Refusal, AMailLoopEnds) {
  PipelineWorld world = known_world();
  std::string text;
  for (int i = 0; i < 101; ++i)
    text += "Received: from a by b; Mon, 21 Sep 2026 14:13:00 +0000\r\n";
  const engine::MessageId id = world.send(envelope(kAlice, {kErin}), text + plain_mail(kErin, "x"));
  const engine::MessageId shorter = world.send(
      envelope(kAlice, {kErin}), text.substr(text.find('\n') + 1) + plain_mail(kErin, "x"));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("554 5.4.6 "));
  EXPECT_THAT(world.answer_text(shorter), StartsWith("250 "));
}

// ---- next hops ----

struct OutcomeCase {
  std::vector<engine::Reply> bob;
  std::vector<engine::Reply> erin;
  const char* answer;
  std::size_t reports;
};

TEST(Outcome, OfTwoRecipientsIsNeverLost) {
  const std::vector<engine::Reply> ok;
  const std::vector<engine::Reply> gone = {kGone};
  const std::vector<engine::Reply> once_later = {kLater};
  const std::vector<engine::Reply> always_later(100, kLater);
  for (const OutcomeCase& at : {
           OutcomeCase{ok, ok, "250 ", 0},
           OutcomeCase{ok, gone, "250 ", 1},
           OutcomeCase{gone, ok, "250 ", 1},
           OutcomeCase{gone, gone, "550 5.1.1 ", 0},
           OutcomeCase{gone, always_later, "450 4.2.1 ", 0},
           OutcomeCase{always_later, always_later, "450 4.2.1 ", 0},
           OutcomeCase{ok, once_later, "250 ", 0},
           OutcomeCase{ok, always_later, "250 ", 1},
       }) {
    SCOPED_TRACE(at.answer);
    PipelineWorld world = known_world();
    world.replies[kBob] = at.bob;
    world.replies[kErin] = at.erin;
    const engine::MessageId id = send_to_both(world);
    world.settle();
    for (int i = 0; i < 100 && world.answer(id) == nullptr; ++i) world.pass(2s);
    EXPECT_THAT(world.answer_text(id), StartsWith(at.answer));
    EXPECT_THAT(world.mailbox(kAlice), SizeIs(at.reports));
    EXPECT_LE(world.mailbox(kBob).size(), 1U);
    EXPECT_LE(world.mailbox(kErin).size(), 1U);
    EXPECT_EQ(world.pipeline->in_flight(), 0U);
    for (const std::string& report : world.mailbox(kAlice)) {
      EXPECT_THAT(report, HasSubstr("Action: failed"));
      EXPECT_THAT(report, Not(HasSubstr("Hello"))) << "a DSN carries no body";
    }
  }
}

TEST(Outcome, ANextHopCannotPutLinesIntoOurReplies) {
  PipelineWorld world = known_world();
  world.replies[kErin] = {
      {.code = 550, .enhanced = "5.1.1", .text = "no\n250 yes\x1B" + std::string(2000, 'x')}};
  engine::Envelope from_lmtp = envelope(kAlice, {kErin});
  from_lmtp.protocol = engine::Protocol::Lmtp;
  const engine::MessageId id = world.send(from_lmtp, plain_mail(kErin, "x"));
  world.settle();
  const std::string& text = world.answer(id)->replies.at(0).text;
  EXPECT_EQ(text.find_first_of("\n\x1B"), std::string::npos);
  EXPECT_LE(text.size(), 450U);
}

TEST(Outcome, ADsnThatCannotBeDeliveredBringsTheClientBackAndNothingTwice) {
  PipelineWorld world = known_world();
  world.replies[kErin] = {kGone};
  world.replies[kAlice] = std::vector<engine::Reply>(100, kLater);
  const engine::MessageId first = send_to_both(world);
  world.settle();
  for (int i = 0; i < 300 && world.answer(first) == nullptr; ++i) world.pass(2s);
  EXPECT_THAT(world.answer_text(first), StartsWith("451 4.3.0 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(1));

  world.replies[kAlice].clear();
  world.replies[kErin] = {kGone};
  const engine::MessageId second = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(second), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(1)) << "delivered once";
  EXPECT_THAT(world.mailbox(kErin), IsEmpty());
  EXPECT_THAT(world.mailbox(kAlice), SizeIs(1)) << "and the failure reported once";

  // After the final answer the same message is a new one.
  world.replies[kErin].clear();
  const engine::MessageId third = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(third), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(2));
}

TEST(Outcome, ASenderWhoCannotBeReportedToIsToldByTheClient) {
  PipelineWorld world = known_world();
  world.replies[kErin] = {kGone};
  world.replies[kAlice] = {kGone};
  const engine::MessageId id = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(id),
              StartsWith("550 5.1.1 Delivered, but not to these recipients:"));
}

TEST(Outcome, AReportReturnsNoBcc) {
  PipelineWorld world = known_world();
  world.replies[kErin] = {kGone};
  world.send(envelope(kAlice, {kBob, kErin}),
             "bcc : hidden@example.net,\r\n more@example.net\r\nResent-BCC: third@example.net\r\n" +
                 plain_mail("bob@example.net, erin@example.com", "Hello\r\n"));
  world.settle();
  ASSERT_THAT(world.mailbox(kAlice), SizeIs(1));
  EXPECT_THAT(world.mailbox(kAlice)[0], HasSubstr("Subject: hello"));
  for (const char* hidden : {"hidden@", "more@", "third@"}) {
    EXPECT_THAT(world.mailbox(kAlice)[0], Not(HasSubstr(hidden)));
  }
}

TEST(Outcome, WhatNobodyMayBeToldOfIsTriedAgainWhileItMayHeal) {
  for (const bool is_bounce : {true, false}) {
    SCOPED_TRACE(is_bounce);
    PipelineWorld world = known_world();
    engine::Envelope silent = envelope(is_bounce ? "" : kAlice, {kBob, kErin});
    silent.recipients[1].notify = {.is_default = is_bounce,
                                   .never = !is_bounce,
                                   .success = false,
                                   .failure = is_bounce,
                                   .delay = is_bounce};
    const std::string text = plain_mail("bob@example.net, erin@example.com", "x\r\n");
    world.replies[kErin] = std::vector<engine::Reply>(100, kLater);
    const engine::MessageId first = world.send(silent, text);
    world.settle();
    for (int i = 0; i < 300 && world.answer(first) == nullptr; ++i) world.pass(2s);
    EXPECT_THAT(world.answer_text(first), StartsWith("450 4.2.1 Not delivered to everyone"));
    world.replies[kErin].clear();
    const engine::MessageId retry = world.send(silent, text);
    world.settle();
    EXPECT_THAT(world.answer_text(retry), StartsWith("250 "));
    EXPECT_THAT(world.mailbox(kBob), SizeIs(1));
    EXPECT_THAT(world.mailbox(kErin), SizeIs(1));
  }
}

TEST(Outcome, NobodyIsToldOfMailFromTheNullSenderOrAgainstNotify) {
  PipelineWorld world = known_world();
  world.replies[kErin] = {kGone, kGone};
  const engine::MessageId bounce =
      world.send(envelope("", {kBob, kErin}), plain_mail("bob@example.net", "x"));
  engine::Envelope never = envelope(kAlice, {kBob, kErin});
  never.recipients[1].notify = {
      .is_default = false, .never = true, .success = false, .failure = false, .delay = false};
  const engine::MessageId silent = world.send(never, plain_mail("bob@example.net", "y"));
  world.settle();
  EXPECT_THAT(world.answer_text(bounce), StartsWith("250 "));
  EXPECT_THAT(world.answer_text(silent), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kAlice), IsEmpty());
  EXPECT_THAT(world.mailbox(kBob), SizeIs(2));
}

TEST(Outcome, DsnParametersArePassedOn) {
  PipelineWorld world = known_world();
  engine::Envelope with_dsn = envelope(kAlice, {kErin});
  with_dsn.dsn_id = "id";
  with_dsn.dsn_return = engine::DsnReturn::Full;
  with_dsn.recipients[0].original = "rfc822;erin@example.com";
  with_dsn.recipients[0].notify.is_default = false;
  with_dsn.recipients[0].notify.success = true;
  world.send(with_dsn, plain_mail(kErin, "x"));
  world.settle();
  const engine::Delivery& delivery = world.sent.at(0).delivery;
  EXPECT_EQ(delivery.dsn_id, "id");
  EXPECT_EQ(delivery.dsn_return, engine::DsnReturn::Full);
  EXPECT_EQ(delivery.recipients[0].original, "rfc822;erin@example.com");
  EXPECT_TRUE(delivery.recipients[0].notify.success);
}

// ---- the token ----

TEST(Token, EachFailureHasItsReplyAndNothingLeaves) {
  struct Case {
    hsm::KeyOutcome outcome;
    const char* reply;
  };
  for (const Case& at : {Case{hsm::KeyOutcome::TokenUnavailable, "451 4.3.0 "},
                         Case{hsm::KeyOutcome::DeadlinePassed, "451 4.3.0 "},
                         Case{hsm::KeyOutcome::KeyUnknown, "451 4.3.5 "},
                         Case{hsm::KeyOutcome::BadInput, "554 5.6.0 "}}) {
    PipelineWorld world = known_world();
    world.cast.keys.fail_operation(0, at.outcome, 0);
    const engine::MessageId id = send_to_both(world);
    world.settle();
    EXPECT_THAT(world.answer_text(id), StartsWith(at.reply));
    EXPECT_THAT(world.sent, IsEmpty());
    EXPECT_EQ(world.pipeline->in_flight(), 0U);
  }
}

TEST(Token, AQueueThatTakesNothingIsAskedAgainUntilPatienceEnds) {
  PipelineWorld world = known_world();
  world.cast.keys.set_capacity(0);
  const engine::MessageId id = send_to_both(world);
  for (int i = 0; i < 5; ++i) world.turn();
  EXPECT_THAT(world.pipeline->key_operations(), SizeIs(1));
  ASSERT_TRUE(world.pipeline->wake_at().has_value());
  world.now.monotonic = *world.pipeline->wake_at();
  world.turn();
  EXPECT_THAT(world.answer_text(id), StartsWith("451 4.3.0 "));
  EXPECT_THAT(world.pipeline->key_operations(), IsEmpty());
  EXPECT_THAT(world.sent, IsEmpty());
  world.cast.keys.set_capacity(1024);
}

TEST(Token, ACompletionThatComesTooLateIsIgnored) {
  PipelineWorld world = known_world();
  world.cast.keys.set_latency_polls(20);
  const engine::MessageId id = send_to_both(world);
  for (int i = 0; i < 5; ++i) world.turn();
  world.now.monotonic += 61s;
  world.turn();
  EXPECT_THAT(world.answer_text(id), StartsWith("451 4.3.0 "));
  world.settle();
  EXPECT_THAT(world.sent, IsEmpty());
}

// ---- clients that leave ----

TEST(Abandonment, BeforeDeliveryForgetsTheMessageAtEachState) {
  for (int turns = 0; turns < 3; ++turns) {
    SCOPED_TRACE(turns);
    PipelineWorld world = known_world();
    world.cast.keys.set_latency_polls(3);
    const engine::MessageId id = world.begin(envelope(kAlice, {kBob}));
    world.bytes(id, plain_mail(kBob, "x"));
    if (turns > 0) world.end(id);
    for (int i = 0; i < turns; ++i) world.turn();
    world.abandon(id);
    world.settle();
    EXPECT_THAT(world.sent, IsEmpty());
    EXPECT_EQ(world.answer(id), nullptr);
    EXPECT_EQ(world.pipeline->in_flight(), 0U);
    ASSERT_THAT(world.audits, SizeIs(1));
    EXPECT_EQ(world.audits[0].disposition, engine::Disposition::Abandoned);
  }
}

TEST(Abandonment, AfterDeliveryBeganIsRememberedForTheRetry) {
  PipelineWorld world = known_world();
  world.is_network_silent = true;
  world.replies[kErin] = {kLater};
  const engine::MessageId first = send_to_both(world);
  world.settle();
  ASSERT_THAT(world.sent, SizeIs(2));
  world.abandon(first);
  world.settle();
  EXPECT_EQ(world.pipeline->in_flight(), 1U) << "its outcome is still open";

  const engine::MessageId early = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(early), StartsWith("451 4.3.0 An earlier attempt"));

  world.is_network_silent = false;
  world.settle();
  EXPECT_EQ(world.pipeline->in_flight(), 0U);
  const engine::MessageId retry = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(retry), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(1));
  EXPECT_THAT(world.mailbox(kErin), SizeIs(1));
  EXPECT_EQ(world.answer(first), nullptr);
}

TEST(Abandonment, AMessageThatOnlyLooksTheSameIsDelivered) {
  PipelineWorld world = known_world();
  world.is_network_silent = true;
  const engine::MessageId first = send_to_both(world);
  world.settle();
  world.abandon(first);
  world.is_network_silent = false;
  world.settle();
  const engine::MessageId other =
      world.send(envelope(kAlice, {kBob, kErin}),
                 plain_mail("bob@example.net, erin@example.com", "Hullo\r\n"));
  world.settle();
  EXPECT_THAT(world.answer_text(other), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(2));
}

TEST(Abandonment, WithoutMessageIdAndDateTheSameWordsAreANewMessage) {
  PipelineWorld world = known_world();
  const std::string alarm =
      "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: disk full\r\n\r\nx\r\n";
  world.is_network_silent = true;
  const engine::MessageId first = world.send(envelope(kAlice, {kBob}), alarm);
  world.settle();
  world.abandon(first);
  world.is_network_silent = false;
  world.settle();
  ASSERT_THAT(world.mailbox(kBob), SizeIs(1));
  const engine::MessageId next = world.send(envelope(kAlice, {kBob}), alarm);
  world.settle();
  EXPECT_THAT(world.answer_text(next), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(2));
}

TEST(Patience, EndsWithA451AndTheRetryDeliversNothingTwice) {
  PipelineWorld world = known_world();
  world.is_network_silent = true;
  const engine::MessageId first = send_to_both(world);
  world.settle();
  world.pass(239s);
  EXPECT_EQ(world.answer(first), nullptr);
  world.pass(2s);
  EXPECT_THAT(world.answer_text(first), StartsWith("451 4.3.0 "));
  world.is_network_silent = false;
  world.settle();
  const engine::MessageId retry = send_to_both(world);
  world.settle();
  EXPECT_THAT(world.answer_text(retry), StartsWith("250 "));
  EXPECT_THAT(world.mailbox(kBob), SizeIs(1));
  EXPECT_THAT(world.mailbox(kErin), SizeIs(1));
}

// ---- limits ----

TEST(Limits, OneMessageTooManyIsDeferred) {
  PipelineWorld::Options options{.policy = kKnownPolicy, .settings = {}};
  options.settings.messages_max = 2;
  PipelineWorld world(options);
  const engine::MessageId first = world.begin(envelope(kAlice, {kErin}));
  const engine::MessageId second = world.begin(envelope(kAlice, {kErin}));
  const engine::MessageId third = world.begin(envelope(kAlice, {kErin}));
  world.settle();
  EXPECT_EQ(world.answer(first), nullptr);
  EXPECT_EQ(world.answer(second), nullptr);
  EXPECT_THAT(world.answer_text(third), StartsWith("452 4.3.1 "));
}

TEST(Limits, ContentBeyondTheBytesOfAllMessagesIsDeferred) {
  PipelineWorld::Options options{.policy = kKnownPolicy, .settings = {}};
  options.settings.bytes_max = 3000;
  PipelineWorld world(options);
  const engine::MessageId id = world.begin(envelope(kAlice, {kErin}));
  world.bytes(id, std::string(3000, 'x'));
  world.settle();
  EXPECT_EQ(world.answer(id), nullptr);
  world.bytes(id, "x");
  world.bytes(id, "y");
  world.end(id);
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("452 4.3.1 "));
}

TEST(Limits, NoMessageBeginsOnTheReserve) {
  PipelineWorld::Options options{.policy = kKnownPolicy, .settings = {}, .segments = 64};
  options.settings.segments_reserve = 65;
  PipelineWorld world(options);
  const engine::MessageId id = world.begin(envelope(kAlice, {kErin}));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("452 4.3.1 "));
}

TEST(Limits, CopiesThatCanNeverFitAreRefusedForGood) {
  PipelineWorld::Options options{
      .policy = kKnownPolicy, .settings = {}, .segments = 40, .chunk = kSegmentBytes};
  options.settings.segments_reserve = 0;
  PipelineWorld world(options);
  std::string body;
  while (body.size() < 20 * kSegmentBytes) body += std::string(76, 'x') + "\r\n";
  // Neither is named in the header, so each needs an encrypted copy of his own.
  const engine::MessageId id =
      world.send(envelope(kAlice, {kBob, kCarol}), plain_mail("list@example.net", body));
  world.settle();
  EXPECT_THAT(world.answer_text(id), StartsWith("552 5.3.4 "));
}

TEST(Limits, EveryShortageOfBuffersEndsInAnAnswerWithoutLeakOrClearText) {
  std::size_t delivered_at = 0;
  for (std::uint32_t extra = 0; extra < 60 && delivered_at == 0; ++extra) {
    SCOPED_TRACE(extra);
    PipelineWorld::Options options{
        .policy = kKnownPolicy, .settings = {}, .segments = 8 + extra, .chunk = kSegmentBytes};
    options.settings.segments_reserve = 0;
    PipelineWorld world(options);
    std::string body;
    for (int i = 0; i < 3000; ++i)
      body += "the secret in clear, line " + std::to_string(i) + "\r\n";
    const engine::MessageId id =
        world.send(envelope(kAlice, {kBob, kCarol}), plain_mail("bob@example.net", body));
    world.settle();
    for (const Sent& copy : world.sent) {
      EXPECT_THAT(copy.text, Not(HasSubstr("the secret in clear")));
    }
    const std::string answer = world.answer_text(id);
    if (answer.rfind("250", 0) == 0) {
      delivered_at = extra;
      EXPECT_THAT(world.sent, SizeIs(2));
    } else {
      EXPECT_THAT(answer, ::testing::AnyOf(StartsWith("452 4.3.1 "), StartsWith("552 5.3.4 ")));
      EXPECT_THAT(world.sent, IsEmpty());
    }
    EXPECT_EQ(world.pipeline->in_flight(), 0U);
    // The pool checks when it is destroyed that every segment came back.
  }
  EXPECT_GT(delivered_at, 0U) << "with enough buffers it is delivered";
}

TEST(Limits, ABigMessageIsWorkedOnInManyTurnsAndLetsSmallOnesPass) {
  PipelineWorld::Options options{
      .policy = kKnownPolicy, .settings = {}, .segments = 4096, .chunk = kSegmentBytes};
  PipelineWorld world(options);
  std::string body;
  while (body.size() < (25U << 20U)) body += std::string(76, 'x') + "\r\n";
  const engine::MessageId big = world.send(envelope(kAlice, {kBob}), plain_mail(kBob, body));
  const engine::MessageId small = world.send(envelope(kAlice, {kErin}), plain_mail(kErin, "x"));
  int turns = 0;
  int small_after = 0;
  while (world.answer(big) == nullptr && turns < 1000) {
    world.turn();
    ++turns;
    if (small_after == 0 && world.answer(small) != nullptr) small_after = turns;
  }
  // Hashed once and encrypted once: at least twice its size over what a turn may do.
  EXPECT_GE(turns, static_cast<int>(2 * body.size() / kTurnCryptoBytesMax));
  EXPECT_THAT(world.answer_text(big), StartsWith("250 "));
  EXPECT_GT(small_after, 0);
  EXPECT_LT(small_after, 10) << "a small message does not wait behind a big one";
  EXPECT_TRUE(world.open(world.sent.back(), kBob).is_good);
}

}  // namespace
}  // namespace sealgate::test_support
