// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/digest.h"

#include <gtest/gtest.h>

#include "engine/cms/chain_cursor.h"
#include "engine/cms/test_identities.h"

namespace sealgate::engine::cms {
namespace {

// FIPS 180-4 examples for "abc".
TEST(Digest, GivesTheStandardsExamples) {
  const ByteView text = as_bytes("abc");
  EXPECT_EQ(to_hex(digest_of(DigestAlgorithm::Sha256, text).value().view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(digest_of(DigestAlgorithm::Sha384, text).value().view()),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(to_hex(digest_of(DigestAlgorithm::Sha512, text).value().view()),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, NamesItsMicalg) {
  EXPECT_EQ(micalg_name(DigestAlgorithm::Sha256), "sha-256");
  EXPECT_EQ(micalg_name(DigestAlgorithm::Sha384), "sha-384");
  EXPECT_EQ(micalg_name(DigestAlgorithm::Sha512), "sha-512");
}

TEST(ChainCursor, WalksOverAChainInStepsOfAnySize) {
  const auto pool = SegmentPool::create(4).value();
  const std::string text = testing::pattern(70'000);
  ChainWriter writer(*pool);
  ASSERT_TRUE(writer.append(text));
  const Chain chain = writer.take();
  const DigestValue expected = digest_of(DigestAlgorithm::Sha256, as_bytes(text)).value();
  for (const std::size_t step : {1U, 57U, 32'768U, 100'000U}) {
    ChainCursor cursor(chain);
    Digest digest = Digest::create(DigestAlgorithm::Sha256).value();
    while (!cursor.is_at_end()) {
      const ByteView piece = cursor.next(step);
      EXPECT_FALSE(piece.empty());
      EXPECT_LE(piece.size(), step);
      digest.update(piece);
    }
    EXPECT_TRUE(cursor.next(step).empty());
    EXPECT_TRUE(equal_bytes(digest.finish().view(), expected.view()));
  }
}

TEST(ChainCursor, IsAtItsEndInAnEmptyChain) {
  ChainCursor cursor{Chain()};
  EXPECT_TRUE(cursor.is_at_end());
  EXPECT_TRUE(cursor.next(10).empty());
}

}  // namespace
}  // namespace sealgate::engine::cms
