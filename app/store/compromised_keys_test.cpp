// SPDX-License-Identifier: Apache-2.0
#include "app/store/compromised_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "engine/trust/weak_key.h"

namespace sealgate::app {
namespace {

using ::testing::HasSubstr;

const std::string kOne = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

TEST(CompromisedKeysFile, IsReadLineByLine) {
  std::vector<hsm::KeyId> keys;
  Problems problems;
  read_compromised_keys("# Keys of 2008\n\n " + kOne + " # a router\r\n\t\n" + kOne, "x.txt", keys,
                        problems);
  EXPECT_TRUE(problems.empty());
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(to_hex(keys[0].digest),
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  EXPECT_EQ(keys[1], keys[0]);
}

TEST(CompromisedKeysFile, NamesBadLines) {
  for (const std::string& bad : {kOne.substr(1), kOne + "0", "g" + kOne.substr(1), kOne + " x",
                                 std::string("-----BEGIN CERTIFICATE-----")}) {
    std::vector<hsm::KeyId> keys;
    Problems problems;
    read_compromised_keys("# fine\n" + bad + "\n" + kOne + "\n", "x.txt", keys, problems);
    ASSERT_EQ(problems.size(), 1U) << bad;
    EXPECT_EQ(problems[0].where, "x.txt:2");
    EXPECT_THAT(problems[0].what, HasSubstr("64 hexadecimal digits"));
    EXPECT_EQ(keys.size(), 1U);
  }
}

TEST(CompromisedKeysFile, GivesUpOnAFileOfAnotherKind) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "nonsense\n";
  std::vector<hsm::KeyId> keys;
  Problems problems;
  read_compromised_keys(text, "x.txt", keys, problems);
  EXPECT_EQ(problems.size(), 10U);
}

TEST(CompromisedKeysFile, HasALimit) {
  std::vector<hsm::KeyId> keys(engine::trust::CompromisedKeys::kKeysMax - 1);
  Problems problems;
  read_compromised_keys(kOne, "x.txt", keys, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(keys.size(), engine::trust::CompromisedKeys::kKeysMax);
  read_compromised_keys("\n" + kOne, "x.txt", keys, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].where, "x.txt:2");
  EXPECT_EQ(keys.size(), engine::trust::CompromisedKeys::kKeysMax);
}

}  // namespace
}  // namespace sealgate::app
