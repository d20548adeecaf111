// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/path.h"

#include <gtest/gtest.h>

#include "netio/smtp/errors.h"
#include "netio/smtp/parameters.h"

namespace sealgate::netio {
namespace {

using engine::BodyType;

std::string forward(std::string_view text) {
  const Result<Path> path = parse_path(text, PathKind::Forward);
  return path ? path.value().address : std::string(path.error().kind().name);
}

TEST(Path, ReadsWhatRfc5321Allows) {
  EXPECT_EQ(forward("<a@b.example>"), "a@b.example");
  EXPECT_EQ(forward("<a.b+c/d=e'f@b>"), "a.b+c/d=e'f@b");
  EXPECT_EQ(forward("<\"a b>\\\"@\"@b.example>"), "\"a b>\\\"@\"@b.example");
  EXPECT_EQ(forward("<a@[192.0.2.1]>"), "a@[192.0.2.1]");
  EXPECT_EQ(forward("<a@[IPv6:2001:db8::1]>"), "a@[IPv6:2001:db8::1]");
  EXPECT_EQ(forward("<@one.example,@two.example:a@b.example>"), "a@b.example");
  EXPECT_EQ(forward("<POSTmaster>"), "POSTmaster");
  EXPECT_EQ(forward("<\xC3\xA4@\xC3\xA4.example>"), "\xC3\xA4@\xC3\xA4.example");
  EXPECT_EQ(parse_path("<>", PathKind::Reverse).value().address, "");
  EXPECT_EQ(parse_path("<a@b> SIZE=1", PathKind::Reverse).value().rest, " SIZE=1");
}

TEST(Path, RefusesTheRest) {
  for (const char* bad : {"",
                          "a@b",
                          "<a@b",
                          "<>",
                          "<a>",
                          "<@b>",
                          "<a@>",
                          "<a@b>x",
                          "<.a@b>",
                          "<a.@b>",
                          "<a..b@c>",
                          "<a b@c>",
                          "<a@b@c>",
                          "<a@b c>",
                          "<\"a@b>",
                          "<\"\"@b>",
                          "<\"a\"x@b>",
                          "<a@[1.2.3]>",
                          "<a@[IPv6:1.2.3.4]>",
                          "<a@[2001:db8::1]>",
                          "<@one:a>",
                          "<@one,two:a@b>",
                          "<one:a@b>",
                          "<a@b.>",
                          "<a\x01@b>",
                          "<a@b\xFF>",
                          "<a(c)@b>",
                          "<a,b@c>",
                          "<<a@b>>"}) {
    EXPECT_EQ(forward(bad), kPathMalformed.name) << bad;
  }
  EXPECT_FALSE(parse_path("<postmaster>", PathKind::Reverse));
}

TEST(Path, HoldsBothSidesOfItsLength) {
  const std::string domain = "@b.example";
  const std::string longest = std::string(254 - domain.size(), 'x') + domain;
  EXPECT_EQ(forward("<" + longest + ">"), longest);
  EXPECT_EQ(forward("<x" + longest + ">"), kPathTooLong.name);
}

TEST(Path, FindsTheDomain) {
  EXPECT_EQ(domain_of("a@B.Example"), "b.example");
  EXPECT_EQ(domain_of("\"a@x\"@b"), "b");
  EXPECT_EQ(domain_of("postmaster"), "");
}

TEST(MailParameters, ReadsEachOnce) {
  const MailParameters all =
      parse_mail_parameters(" SIZE=10 body=8bitmime SMTPUTF8 RET=full ENVID=a+20b").value();
  EXPECT_EQ(all.size, 10U);
  EXPECT_EQ(all.body, BodyType::EightBitMime);
  EXPECT_TRUE(all.needs_smtputf8);
  EXPECT_EQ(all.dsn_return, engine::DsnReturn::Full);
  EXPECT_EQ(all.dsn_id, "a+20b");
  EXPECT_EQ(parse_mail_parameters("").value().size, 0U);
  EXPECT_EQ(parse_mail_parameters("BODY=7BIT").value().body, BodyType::SevenBit);
  EXPECT_EQ(parse_mail_parameters("RET=HDRS").value().dsn_return, engine::DsnReturn::Headers);
  EXPECT_TRUE(parse_mail_parameters("ENVID=" + std::string(100, 'x')));
  for (const std::string& bad :
       {std::string("SIZE"), std::string("SIZE="), std::string("SIZE=1 SIZE=1"),
        std::string("SIZE=111111111111111111111"), std::string("BODY=9BIT"), std::string("BODY"),
        std::string("SMTPUTF8=1"), std::string("RET=ALL"), std::string("ENVID="),
        std::string("ENVID=a+b"), "ENVID=" + std::string(101, 'x')}) {
    const auto parsed = parse_mail_parameters(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_TRUE(parsed.error().is(kParameterMalformed)) << bad;
  }
  EXPECT_TRUE(parse_mail_parameters("AUTH=<>").error().is(kParameterUnknown));
}

TEST(RecipientParameters, ReadsEachOnce) {
  const auto all = parse_recipient_parameters("NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb");
  EXPECT_FALSE(all.value().notify.is_default);
  EXPECT_TRUE(all.value().notify.success && all.value().notify.failure && all.value().notify.delay);
  EXPECT_EQ(all.value().original, "rfc822;a+2Bb");
  EXPECT_TRUE(parse_recipient_parameters("").value().notify.is_default);
  EXPECT_TRUE(parse_recipient_parameters("NOTIFY=never").value().notify.never);
  EXPECT_FALSE(parse_recipient_parameters("NOTIFY=NEVER").value().notify.failure);
  EXPECT_TRUE(parse_recipient_parameters("ORCPT=utf-8;\xC3\xA4@b"));
  EXPECT_TRUE(parse_recipient_parameters("ORCPT=rfc822;" + std::string(493, 'x')));
  for (const std::string& bad :
       {std::string("NOTIFY"), std::string("NOTIFY="), std::string("NOTIFY=NEVER,SUCCESS"),
        std::string("NOTIFY=DELAY,"), std::string("NOTIFY=DELAY NOTIFY=DELAY"),
        std::string("ORCPT=a"), std::string("ORCPT=;a"), std::string("ORCPT=rfc822;"),
        std::string("ORCPT=rfc822;a+x"), std::string("ORCPT=rfc822;\xC3\xA4"),
        std::string("ORCPT=a b;c"), "ORCPT=rfc822;" + std::string(494, 'x')}) {
    EXPECT_FALSE(parse_recipient_parameters(bad)) << bad;
  }
}

}  // namespace
}  // namespace sealgate::netio
