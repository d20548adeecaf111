// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/implicit_rejection.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sealgate::hsm {
namespace {

constexpr std::size_t kBlockBytes = 128;
const Bytes kKey(16, 0x7c);
const Bytes kOther(16, 0xee);

// RFC 8017, 7.2.1: 00 02 PS 00 M.
Bytes block_with(ByteView message) {
  Bytes block(kBlockBytes, 0x55);
  block[0] = 0;
  block[1] = 2;
  block[kBlockBytes - message.size() - 1] = 0;
  copy_bytes(MutableBytes(block).last(message.size()), message);
  return block;
}

Bytes taken_from(const Bytes& block, Mask is_good = ~Mask{0}) {
  Bytes to = kOther;
  take_pkcs1_key(to, block, is_good);
  return to;
}

TEST(ImplicitRejection, TakesTheKeyOutOfAWellFormedBlock) {
  EXPECT_EQ(taken_from(block_with(kKey)), kKey);
}

TEST(ImplicitRejection, TakesNothingThatIsNotWellFormed) {
  const Bytes good = block_with(kKey);
  const std::size_t separator = kBlockBytes - kKey.size() - 1;
  for (std::size_t at = 0; at <= separator; ++at) {
    for (const int change : {0x01, 0x55, 0x80, 0xff}) {
      Bytes block = good;
      // A byte of the padding may be anything but zero.
      const bool is_padding = at >= 2 && at < separator;
      block[at] = is_padding ? std::uint8_t{0} : static_cast<std::uint8_t>(block[at] ^ change);
      EXPECT_EQ(taken_from(block), kOther) << at;
    }
  }
}

TEST(ImplicitRejection, TakesNoKeyOfAnotherLength) {
  EXPECT_EQ(taken_from(block_with(Bytes(15, 0x7c))), kOther);
  EXPECT_EQ(taken_from(block_with(Bytes(17, 0x7c))), kOther);
  EXPECT_EQ(taken_from(block_with(Bytes())), kOther);
}

TEST(ImplicitRejection, TakesAnyKeyAndPaddingThatIsAllowed) {
  for (int value = 0; value < 256; ++value) {
    const Bytes key(16, static_cast<std::uint8_t>(value));
    Bytes block = block_with(key);
    if (value != 0)
      std::fill(block.begin() + 2, block.end() - 17, static_cast<std::uint8_t>(value));
    EXPECT_EQ(taken_from(block), key);
  }
}

TEST(ImplicitRejection, NeedsEightBytesOfPadding) {
  Bytes block = block_with(kKey);
  block.erase(block.begin() + 2, block.end() - 17 - 8);
  ASSERT_EQ(block.size(), kKey.size() + kPkcs1PaddingBytesMin);
  EXPECT_EQ(taken_from(block), kKey);
  block.erase(block.begin() + 2);
  EXPECT_EQ(taken_from(block), kOther);
  EXPECT_EQ(taken_from({}), kOther);
}

TEST(ImplicitRejection, TakesNothingFromADecryptionThatWasNone) {
  EXPECT_EQ(taken_from(block_with(kKey), Mask{0}), kOther);
}

TEST(AlignRight, RestoresLeadingZeros) {
  const Bytes block = block_with(kKey);
  for (std::size_t dropped = 0; dropped <= block.size(); ++dropped) {
    Bytes moved(block.begin() + static_cast<std::ptrdiff_t>(dropped), block.end());
    moved.resize(block.size(), 0xaa);
    align_right(moved, block.size() - dropped);
    Bytes expected = block;
    std::fill_n(expected.begin(), dropped, std::uint8_t{0});
    EXPECT_EQ(moved, expected) << dropped;
  }
}

Bytes synthetic(std::size_t size, const KeyId& key, const Bytes& ciphertext) {
  Bytes to(size);
  fill_synthetic_key(to, key, ciphertext);
  return to;
}

TEST(SyntheticKey, IsTheSameForTheSameCiphertextAlone) {
  const KeyId key{.digest = {1}};
  const KeyId other{.digest = {2}};
  const Bytes ciphertext(256, 9);
  Bytes changed = ciphertext;
  changed.back() ^= 1U;
  for (const std::size_t size : {1U, 16U, 32U, 33U, 64U}) {
    const Bytes made = synthetic(size, key, ciphertext);
    EXPECT_EQ(synthetic(size, key, ciphertext), made);
    if (size < 16) continue;  // One byte may be equal by chance.
    EXPECT_NE(synthetic(size, key, changed), made);
    EXPECT_NE(synthetic(size, other, ciphertext), made);
    EXPECT_NE(synthetic(size, key, Bytes(ciphertext.begin(), ciphertext.end() - 1)), made);
    EXPECT_NE(made, Bytes(size));
  }
}

TEST(SyntheticKey, HasNothingInCommonWithOneOfAnotherLength) {
  const Bytes longer = synthetic(32, {}, Bytes(256, 9));
  const Bytes shorter = synthetic(16, {}, Bytes(256, 9));
  EXPECT_FALSE(equal_bytes(ByteView(longer).first(16), shorter));
  const Bytes longest = synthetic(64, {}, Bytes(256, 9));
  EXPECT_FALSE(equal_bytes(ByteView(longest).first(32), ByteView(longest).last(32)));
}

TEST(SyntheticKey, TakesEveryCiphertextThatARecordHolds) {
  EXPECT_EQ(synthetic(16, {}, {}).size(), 16U);
  EXPECT_NE(synthetic(16, {}, Bytes(kKeyInputBytesMax)), synthetic(16, {}, {}));
}

TEST(SelectMask, IsAllOrNothing) {
  for (std::uint32_t value : {0U, 1U, 2U, 0x80U, 0xffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_EQ(mask_zero(value), value == 0 ? ~Mask{0} : Mask{0});
    EXPECT_EQ(mask_equal(value, 2), value == 2 ? ~Mask{0} : Mask{0});
  }
  EXPECT_EQ(select(~Mask{0}, 1, 2), 1);
  EXPECT_EQ(select(Mask{0}, 1, 2), 2);
}

}  // namespace
}  // namespace sealgate::hsm
