// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <array>
#include <type_traits>

#include <gtest/gtest.h>

namespace sealgate {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

TEST(SecretBytes, MovesItsBytesAndLeavesNothingBehind) {
  const std::array<std::uint8_t, 3> bytes = {1, 2, 3};
  SecretBytes from = SecretBytes::copy_of(bytes);
  const SecretBytes to = std::move(from);
  EXPECT_TRUE(equal_secret(to.reveal(), bytes));
  EXPECT_TRUE(from.is_empty());  // NOLINT(bugprone-use-after-move): that is the promise.
}

TEST(SecretBytes, ComparesByContent) {
  const std::array<std::uint8_t, 3> left = {1, 2, 3};
  const std::array<std::uint8_t, 3> right = {1, 2, 4};
  EXPECT_TRUE(equal_secret(left, left));
  EXPECT_FALSE(equal_secret(left, right));
  EXPECT_FALSE(equal_secret(left, std::span(left).first(2)));
}

TEST(WipeBytes, LeavesZeros) {
  std::array<std::uint8_t, 4> bytes = {1, 2, 3, 4};
  wipe_bytes(bytes);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{}));
}

}  // namespace
}  // namespace sealgate
