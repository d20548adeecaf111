// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/sender.h"

#include <gtest/gtest.h>

#include "engine/mime/reader.h"

namespace sealgate::engine::opening {
namespace {

Sender sender_of(const std::string& header) {
  mime::Reader reader;
  EXPECT_TRUE(reader.feed(as_bytes(header + "\r\n\r\n")));
  return read_sender(reader.finish());
}

TEST(Sender, IsTheOneAddressInFrom) {
  const Sender sender = sender_of("From: Ann <ann@EXAMPLE.org>");
  EXPECT_EQ(sender.problem, SenderProblem::None);
  EXPECT_EQ(sender.address, "ann@example.org");
  EXPECT_EQ(sender_of("From: \"ann@example.org\" <ann@example.org>").problem, SenderProblem::None);
}

TEST(Sender, IsNobodyWhereFromIsMissingOrBroken) {
  EXPECT_EQ(sender_of("To: ann@example.org").problem, SenderProblem::Missing);
  EXPECT_EQ(sender_of("From: nobody").problem, SenderProblem::Missing);
  EXPECT_EQ(sender_of("From: ").problem, SenderProblem::Missing);
  EXPECT_EQ(sender_of("From: <ann@exa mple.org>").address, "");
}

TEST(Sender, IsNobodyInParticularWhereThereAreSeveral) {
  EXPECT_EQ(sender_of("From: a@example.org, b@example.org").problem, SenderProblem::Several);
  EXPECT_EQ(sender_of("From: a@example.org\r\nFrom: a@example.org").problem,
            SenderProblem::Several);
  EXPECT_EQ(sender_of("From: Team: a@example.org;").problem, SenderProblem::Group);
}

TEST(Sender, IsMisleadingWhereItsNameShowsAnotherAddress) {
  for (const char* from :
       {"From: \"boss@example.org\" <mallory@evil.example>",
        "From: \"Boss (boss@example.org)\" <mallory@evil.example>",
        "From: =?utf-8?q?boss=40example=2Eorg?= <mallory@evil.example>",
        "From: =?utf-8?q?boss=EF=BC=A0example=2Eorg?= <mallory@evil.example>",
        "From: \"mallory@evil.example boss@example.org\" <mallory@evil.example>"}) {
    EXPECT_EQ(sender_of(from).problem, SenderProblem::Misleading) << from;
  }
  EXPECT_EQ(sender_of("From: \"Ann @ work\" <ann@example.org>").problem, SenderProblem::None);
}

TEST(Sender, KeepsTheSenderFieldBeside) {
  EXPECT_EQ(sender_of("From: a@example.org\r\nSender: s@example.org").sender_field,
            "s@example.org");
  EXPECT_EQ(sender_of("From: a@example.org\r\nSender: s@example.org, t@example.org").sender_field,
            "");
}

}  // namespace
}  // namespace sealgate::engine::opening
