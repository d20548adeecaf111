// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/message_file.h"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/inspection/message_for_test.h"

namespace sealgate::app {
namespace {

std::string content_of(const SealedMessage& message) {
  std::string text(message.size + 1, '\0');
  const ssize_t count = pread(message.file.number(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(count));
  return text;
}

TEST(MessageFile, HoldsTheBytesOfAChainOfAnyLength) {
  std::string text;
  for (int i = 0; text.size() < 200 * kSegmentBytes + 17; ++i) text += std::to_string(i) + "\r\n";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kSegmentBytes, text.size()}) {
    const SealedMessage message = sealed(text.substr(0, size));
    EXPECT_EQ(message.size, size);
    EXPECT_EQ(content_of(message), text.substr(0, size));
  }
}

TEST(MessageFile, TakesAMessageInPieces) {
  MessageFile file = MessageFile::create().value();
  Chain chain;
  chain.append_static("Subject: x\r\n");
  file.append(chain).value();
  file.append(chain.sub_chain(0, 7)).value();
  EXPECT_EQ(content_of(std::move(file).seal().value()), "Subject: x\r\nSubject");
}

TEST(MessageFile, CanBeChangedByNobodyOnceItIsSealed) {
  const SealedMessage message = sealed("text");
  const int file = message.file.number();
  EXPECT_EQ(pwrite(file, "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ftruncate(file, 0), -1);
  EXPECT_EQ(ftruncate(file, 100), -1);
  EXPECT_EQ(mmap(nullptr, 4, PROT_WRITE, MAP_SHARED, file, 0), MAP_FAILED);
  EXPECT_EQ(content_of(message), "text");
}

}  // namespace
}  // namespace sealgate::app
