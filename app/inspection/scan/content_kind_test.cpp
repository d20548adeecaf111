// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/content_kind.h"

#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

bool is_deceptive(std::string_view name, std::string_view type) {
  return contradicts(kind_of_name(name), kind_of_type(type));
}

TEST(ContentKind, SaysWhichContentDeceivesUnderItsName) {
  EXPECT_TRUE(is_deceptive("invoice.PDF", "application/x-dosexec"));
  EXPECT_TRUE(is_deceptive("notes.txt", "application/x-pie-executable"));
  EXPECT_TRUE(is_deceptive("photo.jpeg", "text/html"));
  EXPECT_TRUE(is_deceptive("photo.jpeg", "text/x-shellscript"));
  EXPECT_TRUE(is_deceptive("song.mp3", "application/x-rar"));
  EXPECT_TRUE(is_deceptive("letter.docx", "application/pdf"));
  EXPECT_TRUE(is_deceptive("letter.pdf", "application/msword"));
  EXPECT_TRUE(is_deceptive("files.zip", "image/png"));
}

TEST(ContentKind, BearsWithFormatsThatGoByEachOthersNames) {
  EXPECT_FALSE(is_deceptive("table.xls", "text/html"));
  EXPECT_FALSE(is_deceptive("table.xls", "text/plain"));
  EXPECT_FALSE(is_deceptive("letter.doc", "text/rtf"));
  EXPECT_FALSE(is_deceptive("letter.docx", "application/zip"));
  EXPECT_FALSE(is_deceptive("table.xlsx",
                            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
  EXPECT_FALSE(is_deceptive("photo.jpg", "image/png"));
  EXPECT_FALSE(is_deceptive("film.gif", "video/mp4"));
  EXPECT_FALSE(is_deceptive("files.zip", "application/x-7z-compressed"));
  EXPECT_FALSE(is_deceptive("notes.txt", "image/x-portable-bitmap"));
  EXPECT_FALSE(is_deceptive("setup.exe", "application/x-dosexec"));
  EXPECT_FALSE(is_deceptive("readme", "application/pdf"));
  EXPECT_FALSE(is_deceptive("x.unknown", "application/x-dosexec"));
  EXPECT_FALSE(is_deceptive("a.pdf", "application/octet-stream"));
}

TEST(ContentKind, DescribesWhatPeopleKnow) {
  EXPECT_EQ(describe_type("application/x-dosexec"), "a Windows program (application/x-dosexec)");
  EXPECT_EQ(describe_type("x/y"), "of type x/y");
}

}  // namespace
}  // namespace sealgate::app
