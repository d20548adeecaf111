// SPDX-License-Identifier: Apache-2.0
#include "engine/message/recipient_state.h"

#include <gtest/gtest.h>

namespace sealgate::engine {
namespace {

RecipientState state(Fate fate, std::uint16_t code) {
  RecipientState state;
  state.fate = fate;
  state.reply = {.code = code, .enhanced = "", .text = "because"};
  return state;
}

Envelope envelope_for(std::size_t recipients) {
  Envelope envelope;
  for (std::size_t i = 0; i < recipients; ++i) {
    Recipient recipient;
    recipient.address = "r" + std::to_string(i) + "@example.net";
    envelope.recipients.push_back(recipient);
  }
  return envelope;
}

TEST(RecipientState, JudgesOutcomesThatDiffer) {
  const RecipientState taken = state(Fate::Taken, 250);
  const RecipientState settled = state(Fate::Settled, 250);
  const RecipientState reported = state(Fate::Reported, 550);
  const RecipientState failed = state(Fate::Failed, 550);
  const RecipientState refused = state(Fate::Refused, 550);
  EXPECT_EQ(standing_of({taken, settled, reported}), Standing::AllTaken);
  EXPECT_EQ(standing_of({failed, refused}), Standing::NoneTaken);
  EXPECT_EQ(standing_of({taken, refused}), Standing::Mixed);
  EXPECT_EQ(standing_of({settled, failed}), Standing::Mixed);
  EXPECT_EQ(standing_of({taken, state(Fate::OnTheWay, 250)}), Standing::Open);
  EXPECT_EQ(standing_of({failed, state(Fate::Waiting, 250)}), Standing::Open);
}

TEST(RecipientState, OneTransientFailureMakesTheWholeReplyTransient) {
  const RecipientStates states = {state(Fate::Failed, 550), state(Fate::Failed, 450)};
  const Reply reply = failure_reply(envelope_for(2), states);
  EXPECT_EQ(reply.code, 450);
  EXPECT_EQ(reply.enhanced, "4.0.0");
  EXPECT_NE(reply.text.find("<r0@example.net>: 550 because\n<r1@example.net>: 450 because"),
            std::string::npos)
      << reply.text;
}

TEST(RecipientState, AllPermanentFailuresMakeItPermanent) {
  RecipientStates states = {state(Fate::Failed, 553), state(Fate::Refused, 550)};
  states[0].reply.enhanced = "5.1.1";
  states[0].next_hop = "mx.example.net:25";
  const Reply reply = failure_reply(envelope_for(2), states);
  EXPECT_EQ(reply.code, 553);
  EXPECT_EQ(reply.enhanced, "5.1.1");
  EXPECT_NE(reply.text.find("mx.example.net:25 said: 553 5.1.1 because"), std::string::npos);
}

TEST(RecipientState, SaysHowManyFailuresItDoesNotList) {
  const RecipientStates states(25, state(Fate::Failed, 550));
  const Reply reply = failure_reply(envelope_for(25), states);
  EXPECT_NE(reply.text.find("<r19@"), std::string::npos);
  EXPECT_EQ(reply.text.find("<r20@"), std::string::npos);
  EXPECT_NE(reply.text.find("and 5 more"), std::string::npos);
}

TEST(RecipientState, SomeoneElsesTextCannotForgeALine) {
  RecipientStates states = {state(Fate::Failed, 550)};
  states[0].reply.text = "no\n<r1@example.net>: 250 fine\x1B";
  const Reply reply = failure_reply(envelope_for(1), states);
  EXPECT_EQ(reply.text, "<r0@example.net>: 550 no <r1@example.net>: 250 fine?");
}

TEST(RecipientState, LmtpRepliesAreEachRecipientsOwn) {
  const std::vector<Reply> replies = lmtp_replies(
      {state(Fate::Taken, 250), state(Fate::Failed, 450), state(Fate::Refused, 550)}, "queue");
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].code, 250);
  EXPECT_EQ(replies[1].code, 450);
  EXPECT_EQ(replies[2].code, 550);
}

}  // namespace
}  // namespace sealgate::engine
