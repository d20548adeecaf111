// SPDX-License-Identifier: Apache-2.0
//
// The content scan as it runs: what the libraries ask of the kernel is allowed, or they bear its
// refusal.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "app/inspection/content_scanner.h"
#include "app/inspection/message_for_test.h"
#include "app/inspection/scan/archive_for_test.h"
#include "app/inspection/scan/mail_for_test.h"

namespace sealgate::app {
namespace {

class SandboxedScanTest : public ::testing::Test {
 protected:
  static std::unique_ptr<ContentScanner> start() {
    ScanConfig config;
    config.program = SEALGATE_SCAN;
    config.rules.refuses_encrypted_archives = true;
    return ContentScanner::start(config).value();
  }

  // "" where the message is clean.
  std::string refusal(const std::string& message) {
    const Judgement judgement = scanner_->scan(sealed(message), long_patience());
    EXPECT_NE(judgement.outcome, Outcome::Unavailable);
    return judgement.reason;
  }

  std::unique_ptr<ContentScanner> scanner_ = start();
};

TEST_F(SandboxedScanTest, LooksIntoArchivesOfEachFormat) {
  const std::string text(300'000, 'x');
  for (const TestFormat& format : kTestFormats) {
    const auto make = [&](const char* name) {
      return make_archive({{"readme.txt", text}, {name, "text"}}, format.format, format.filter, "");
    };
    EXPECT_EQ(refusal(message_with(format.name, make("b.txt"))), "") << format.name;
    EXPECT_EQ(refusal(message_with(format.name, make("c.exe"))),
              std::string("c.exe in attachment ") + format.name + " has a forbidden name (*.exe)");
  }
}

TEST_F(SandboxedScanTest, NoticesEncryption) {
  for (const char* const options : {"zip:encryption=traditional", "zip:encryption=aes256"}) {
    EXPECT_EQ(refusal(message_with("a.zip", make_zip({{"a.txt", "text"}}, options))),
              "attachment a.zip is an encrypted archive");
  }
}

TEST_F(SandboxedScanTest, SeesTheEndOfANameInAForeignCharacterSet) {
  // How its first letter is read depends on the locale in which the archive was made.
  const std::string said =
      refusal(message_with("a.zip", make_zip({{"\xd1\x84.exe", "x"}}, "zip:hdrcharset=CP866")));
  EXPECT_TRUE(said.ends_with(".exe in attachment a.zip has a forbidden name (*.exe)")) << said;
}

TEST_F(SandboxedScanTest, BearsFilesThatLookLikeManyThings) {
  for (const std::string_view start : {"%!PS-Adobe-3.0\n",
                                       "\x7f"
                                       "ELF\x02\x01\x01",
                                       "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                                       "GIF89a",
                                       "\x89PNG\r\n\x1a\n",
                                       "RIFF    WAVEfmt ",
                                       "Rar!\x1a\x07",
                                       "Rar!\x1a\x07\x01",
                                       "MSCF",
                                       "\xff\xd8\xff\xe0  JFIF",
                                       "{\"a\": [1, 2]}",
                                       "a,b\n1,2\n",
                                       "#!/bin/sh\n",
                                       "<?xml version=\"1.0\"?>",
                                       "ID3\x04",
                                       "\x1f\x8b\x08",
                                       "070701",
                                       "!<arch>\n",
                                       "PK\x03\x04",
                                       "7z\xbc\xaf\x27\x1c"}) {
    std::string content(start);
    for (std::uint32_t i = 0; content.size() < 70'000; ++i) {
      content += static_cast<char>(i * i * 7 + i);
    }
    refusal(message_with("file.bin", content));
  }
}

TEST_F(SandboxedScanTest, TakesALargeMessageWithinItsMemory) {
  std::string content;
  for (std::uint32_t i = 0; content.size() < (40U << 20U); ++i) content += std::to_string(i * 77);
  EXPECT_EQ(refusal(message_with("large.txt", content)), "");
  EXPECT_EQ(refusal(message_with("large.zip", make_zip({{"large.txt", content}}))), "");
}

// Foreign messages, where they are at hand: none stops the scan.
TEST_F(SandboxedScanTest, ComesToAnEndWithEveryTortureMessage) {
  const char* const corpora = std::getenv("SEALGATE_CORPORA");
  if (corpora == nullptr || *corpora == '\0') GTEST_SKIP() << "$SEALGATE_CORPORA is not set";
  std::size_t count = 0;
  for (const char* const set : {"mime-torture", "mimekit-smime"}) {
    const std::filesystem::path folder = std::filesystem::path(corpora) / set;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      refusal(text.str());
      EXPECT_FALSE(HasFailure()) << entry.path();
      ++count;
    }
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace sealgate::app
