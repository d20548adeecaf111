// SPDX-License-Identifier: Apache-2.0
#include "engine/message/visible_text.h"

#include <gtest/gtest.h>

#include "engine/message/date_time.h"

namespace sealgate::engine {
namespace {

TEST(VisibleText, LeavesUtf8AndReplacesWhatCouldMisleadATerminal) {
  EXPECT_EQ(one_line("J\xC3\xBCrgen \x1B[31m\r\nX", 100), "J\xC3\xBCrgen ?[31m? X");
  EXPECT_EQ(one_line("broken \xC3 \xFF\xC0\x80", 100), "broken ? ???");
  EXPECT_EQ(one_line("\xC2\x9B"
                     "31m",
                     100),
            "?31m")
      << "C1 control characters too";
  EXPECT_EQ(one_line("\xED\xA0\x80", 100), "???") << "a surrogate is not UTF-8";
}

TEST(VisibleText, CutsBetweenCharacters) {
  EXPECT_EQ(one_line("\xC3\xBC\xC3\xBC", 3), "\xC3\xBC");
  EXPECT_EQ(one_line("abc", 3), "abc");
  EXPECT_EQ(one_line("abcd", 3), "abc");
}

TEST(VisibleText, MakesAscii) {
  EXPECT_EQ(ascii_line("\xC3\xBC!", 10), "?" "?!");
  EXPECT_TRUE(is_visible_ascii("a@b"));
  EXPECT_FALSE(is_visible_ascii("a b"));
  EXPECT_FALSE(is_ascii("\xC3\xBC"));
}

TEST(VisibleText, DecodesXtext) {
  EXPECT_EQ(decode_xtext("rfc822;a+2Bb@example.org"), "rfc822;a+b@example.org");
  EXPECT_EQ(decode_xtext("+2"), "+2");
  EXPECT_EQ(decode_xtext("+zz"), "+zz");
}

TEST(DateTime, WritesMailAndShortDates) {
  const WallTime at{std::chrono::sys_days(std::chrono::year(2026) / 11 / 3) +
                    std::chrono::hours(8) + std::chrono::minutes(5) + std::chrono::seconds(9)};
  EXPECT_EQ(mail_date(at), "Tue, 03 Nov 2026 08:05:09 +0000");
  EXPECT_EQ(short_date(at), "2026-11-03T08:05:09Z");
}

}  // namespace
}  // namespace sealgate::engine
