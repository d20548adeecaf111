// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/clamd_answer.h"

#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

Outcome outcome_of(std::string_view answer) {
  return parse_clamd_answer(answer).outcome;
}

TEST(ClamdAnswer, IsCleanInTwoFormsOnly) {
  EXPECT_EQ(outcome_of("stream: OK"), Outcome::Clean);
  EXPECT_EQ(outcome_of("fd[10]: OK"), Outcome::Clean);
  for (const std::string_view answer :
       {"", "OK", "stream:OK", "stream: OK ", "stream: ok", "stream: OK\n", " stream: OK",
        "fd[]: OK", "fd[x]: OK", "fd[1: OK", "/etc/passwd: OK", "stream: x: OK", "stream: NOT OK",
        "1: stream: OK", "UNKNOWN COMMAND", "COMMAND READ TIMED OUT", "PONG"}) {
    EXPECT_EQ(outcome_of(answer), Outcome::Unavailable) << answer;
  }
}

TEST(ClamdAnswer, NamesWhatWasFound) {
  const Judgement found = parse_clamd_answer("stream: Eicar-Test-Signature FOUND");
  EXPECT_EQ(found.outcome, Outcome::Infected);
  EXPECT_EQ(found.reason, "Eicar-Test-Signature");
  EXPECT_EQ(parse_clamd_answer("fd[9]: Win.Test(abc:12): x FOUND").reason, "Win.Test(abc:12): x");
  EXPECT_EQ(parse_clamd_answer("stream: a\x1b[2J FOUND").reason, "a?[2J");
  EXPECT_EQ(outcome_of("stream:  FOUND"), Outcome::Unavailable);
  EXPECT_EQ(outcome_of("stream: x FOUNDx"), Outcome::Unavailable);
  EXPECT_EQ(outcome_of("x FOUND"), Outcome::Unavailable);
}

TEST(ClamdAnswer, IsUnavailableWithTheReasonOfAnError) {
  const Judgement error = parse_clamd_answer("stream: Can't allocate memory ERROR");
  EXPECT_EQ(error.outcome, Outcome::Unavailable);
  EXPECT_EQ(error.reason, "clamd cannot scan the message: Can't allocate memory");
  // The content may be why: the message may not pass for it.
  EXPECT_FALSE(error.is_scanner_down);
}

TEST(ClamdAnswer, RefusesWhatClamdWillNeverTake) {
  EXPECT_EQ(outcome_of("INSTREAM size limit exceeded. ERROR"), Outcome::Refused);
}

}  // namespace
}  // namespace sealgate::app
