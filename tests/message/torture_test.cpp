// SPDX-License-Identifier: Apache-2.0
//
// Awkward messages of other projects' test suites through the pipeline, signed and then signed
// and encrypted: each leaves so that OpenSSL verifies it, or is refused with a clear 5xx.
// The messages are not ours: they are looked for in $SEALGATE_CORPORA or ../shared/corpora.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <strings.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/message/pipeline_world.h"
#include "tests/message/policies.h"

namespace sealgate::test_support {
namespace {

constexpr std::uintmax_t kFileBytesMax = 8U << 20U;

std::filesystem::path torture_folder() {
  const char* corpora = std::getenv("SEALGATE_CORPORA");
  const std::filesystem::path beside =
      std::filesystem::path(__FILE__).parent_path() / "../../../shared/corpora";
  return (corpora != nullptr ? std::filesystem::path(corpora) : beside) / "mime-torture";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

// As a mail program would hand it to SMTP: CRLF line ends, no bare CR, no NUL; and from a sender
// whom we can sign for, so without the From fields that it came with.
std::string as_sent(const std::string& text) {
  std::string lines = "From: alice@example.org\r\nX-Torture: yes\r\n";
  bool is_header = true;
  bool is_from = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    std::erase_if(line, [](char c) { return c == '\0' || c == '\r'; });
    if (line.empty()) is_header = false;
    const bool continues = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    if (!continues) is_from = line.size() >= 5 && strncasecmp(line.c_str(), "from:", 5) == 0;
    if (!is_header || !is_from) lines += line + "\r\n";
  }
  return lines;
}

class Torture : public ::testing::TestWithParam<const char*> {};

TEST_P(Torture, EveryMessageLeavesVerifiableOrIsRefusedClearly) {
  const std::filesystem::path folder = torture_folder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no mime-torture in " << folder;
  PipelineWorld world({.policy = kKnownPolicy, .settings = {}, .segments = 8192, .chunk = 4000});
  std::size_t delivered = 0;
  std::size_t refused = 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const bool is_message = entry.is_regular_file() && entry.file_size() <= kFileBytesMax &&
                            entry.path().filename() != "SOURCE.txt";
    if (is_message) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    SCOPED_TRACE(file.string());
    const std::string text = as_sent(read_file(file));
    world.sent.clear();
    const engine::MessageId id = world.send(envelope("alice@example.org", {GetParam()}), text);
    world.settle();
    const engine::Answer* answer = world.answer(id);
    ASSERT_NE(answer, nullptr);
    if (answer->replies[0].is_positive()) {
      ASSERT_EQ(world.sent.size(), 1U);
      const OpenedMail mail = world.open(world.sent[0], GetParam());
      EXPECT_TRUE(mail.is_good) << mail.problem;
      ++delivered;
    } else {
      EXPECT_TRUE(answer->replies[0].is_permanent()) << world.answer_text(id);
      EXPECT_GT(answer->replies[0].text.size(), 20U);
      EXPECT_TRUE(world.sent.empty());
      ++refused;
      std::cout << file.filename() << ": " << world.answer_text(id) << "\n";
    }
  }
  std::cout << delivered << " delivered, " << refused << " refused\n";
  EXPECT_GT(delivered, files.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(SignedAndEncrypted, Torture,
                         ::testing::Values("erin@example.com", "bob@example.net"),
                         [](const auto& at) {
                           return std::string(at.param).find("bob") == 0 ? "SignedAndEncrypted"
                                                                         : "Signed";
                         });

}  // namespace
}  // namespace sealgate::test_support
