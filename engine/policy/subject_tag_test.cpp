// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/subject_tag.h"

#include <gtest/gtest.h>

#include "engine/policy/glob.h"

namespace sealgate::engine::policy {
namespace {

TEST(SubjectTag, IsFoundInAnyBracketsAndCase) {
  for (const char* subject :
       {"[encrypt] x", "x (Encrypt)", "a{ENCRYPT}b", "<eNcRyPt>", "[encrypt)", "[ encrypt ] x",
        "[[encrypt]]", "\uff3bencrypt\uff3d",
        "\uff08\uff25\uff2e\uff23\uff32\uff39\uff30\uff34\uff09", "\u3010encrypt\u3011",
        "[en\u200bcrypt]", "[en\u00adcrypt]", "[x [encrypt]"}) {
    EXPECT_TRUE(find_subject_tag(subject, "encrypt")) << subject;
  }
}

TEST(SubjectTag, IsNotFoundElsewhere) {
  for (const char* subject :
       {"encrypt", "[encrypted]", "[encrypt", "encrypt]", "[do encrypt]", "", "[]",
        "[\xff"
        "encrypt]"}) {
    EXPECT_FALSE(find_subject_tag(subject, "encrypt")) << subject;
  }
  EXPECT_TRUE(find_subject_tag("[VERSCHL\u00dcSSELN]", "verschl\u00fcsseln"));
}

TEST(SubjectTag, IsRemovedWithItsBlank) {
  EXPECT_EQ(remove_subject_tag("[encrypt] Offer", "encrypt"), "Offer");
  EXPECT_EQ(remove_subject_tag("Re: [encrypt] Offer", "encrypt"), "Re: Offer");
  EXPECT_EQ(remove_subject_tag("Offer [encrypt]", "encrypt"), "Offer");
  EXPECT_EQ(remove_subject_tag("a[encrypt]b(ENCRYPT)", "encrypt"), "ab");
  EXPECT_EQ(remove_subject_tag("[encrypt]", "encrypt"), "");
  EXPECT_EQ(remove_subject_tag("Offer", "encrypt"), "Offer");
}

TEST(SubjectTag, ASubjectFullOfTagsIsReadInPassesNotOncePerTag) {
  std::string subject(32 * 1024, '[');
  const std::string rest = subject;
  while (subject.size() < 64 * 1024) subject += "[encrypt]";
  EXPECT_EQ(remove_subject_tag(subject, "encrypt"), rest);
  // What a removal brings together is a tag too.
  EXPECT_EQ(remove_subject_tag("[enc[enc[encrypt]rypt]rypt] x", "encrypt"), "x");
}

TEST(Glob, FitsTheWholeText) {
  EXPECT_TRUE(fits_glob("a.DOCX", "*.docx"));
  EXPECT_TRUE(fits_glob("", "*"));
  EXPECT_TRUE(fits_glob("abcbd", "a*b?"));
  EXPECT_TRUE(fits_glob("\u00fc.txt", "?.txt"));
  EXPECT_FALSE(fits_glob("a.docx.exe", "*.docx"));
  EXPECT_FALSE(fits_glob("", "?"));
  EXPECT_FALSE(fits_glob(std::string(20'000, 'a'), "*a*a*a*a*b"));
}

}  // namespace
}  // namespace sealgate::engine::policy
