// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/line_scan.h"

#include <random>

#include <gtest/gtest.h>

namespace sealgate::engine::mime {
namespace {

TEST(LineScan, GivesTheSameWithEveryKernel) {
  if (!has_avx2()) GTEST_SKIP() << "no AVX2 here";
  constexpr std::uint8_t kOctets[] = {'a', 'b', ' ', '\r', '\n', 0, 0x80, 0xFF};
  std::minstd_rand random(7);
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random() % 150, 'x');
    for (std::size_t i = random() % 40; i < bytes.size(); i += 1 + random() % 60) {
      bytes[i] = kOctets[random() % std::size(kOctets)];
    }
    EXPECT_EQ(scan_line_avx2(bytes), scan_line_scalar(bytes)) << to_hex(bytes);
  }
}

TEST(LineScan, StopsAfterTheFirstLineFeed) {
  const LineScan scan = scan_line(as_bytes("a\r\r\nb\xFF"));
  EXPECT_EQ(scan.length, 4U);
  EXPECT_EQ(scan.carriage_returns, 2U);
  EXPECT_TRUE(scan.has_line_feed);
  EXPECT_FALSE(scan.has_eight_bit);
}

}  // namespace
}  // namespace sealgate::engine::mime
