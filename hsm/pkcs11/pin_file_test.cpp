// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/pin_file.h"

#include <cerrno>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

class PinFileTest : public testing::Test {
 protected:
  PinFileTest() { EXPECT_GE(close(mkstemp(path_.data())), 0); }
  ~PinFileTest() override { unlink(path_.c_str()); }

  Result<SecretBytes> read(const std::string& content, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << content;
    EXPECT_EQ(chmod(path_.c_str(), mode), 0);
    return read_pin_file(path_);
  }
  std::string text(const std::string& content) {
    const Result<SecretBytes> pin = read(content);
    return pin ? std::string(as_text(pin.value().reveal())) : "";
  }

  std::string path_ = testing::TempDir() + "sealgate-pin-XXXXXX";
};

TEST_F(PinFileTest, TakesOneLineEndOffAndNothingElse) {
  EXPECT_EQ(text("1234\n"), "1234");
  EXPECT_EQ(text("1234\r\n"), "1234");
  EXPECT_EQ(text("1234"), "1234");
  EXPECT_EQ(text(" 12 34 \n"), " 12 34 ");
}

TEST_F(PinFileTest, RefusesWhatIsNotOneLine) {
  for (const char* content : {"", "\n", "1234\n\n", "1234\n5678\n"}) {
    const Result<SecretBytes> pin = read(content);
    ASSERT_FALSE(pin) << content;
    EXPECT_TRUE(pin.error().is(kPinFileInvalid));
  }
  EXPECT_TRUE(read(std::string("12\0", 3)).error().is(kPinFileInvalid));
}

TEST_F(PinFileTest, HasALimit) {
  EXPECT_EQ(text(std::string(kPinBytesMax, '7') + "\n").size(), kPinBytesMax);
  EXPECT_TRUE(read(std::string(kPinBytesMax + 1, '7')).error().is(kPinFileInvalid));
  EXPECT_TRUE(read(std::string(100000, '7')).error().is(kPinFileInvalid));
}

TEST_F(PinFileTest, RefusesAFileThatOthersCanRead) {
  EXPECT_TRUE(read("1234\n", 0604).error().is(kPinFileExposed));
  EXPECT_TRUE(read("1234\n", 0602).error().is(kPinFileExposed));
  EXPECT_TRUE(read("1234\n", 0440));
}

TEST_F(PinFileTest, SaysWhyAFileCannotBeRead) {
  const Result<SecretBytes> pin = read_pin_file(path_ + ".nowhere");
  ASSERT_FALSE(pin);
  EXPECT_TRUE(pin.error().is(kPinFileUnreadable));
  EXPECT_EQ(pin.error().detail(), ENOENT);
}

}  // namespace
}  // namespace sealgate::hsm
