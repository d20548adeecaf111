// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/send_queue.h"

#include <string>

#include <gtest/gtest.h>

namespace sealgate::netio {
namespace {

std::string gathered(const SendQueue& queue) {
  SendBatch batch;
  queue.gather(batch);
  std::string text;
  for (std::size_t i = 0; i < batch.header.msg_iovlen; ++i) {
    text.append(static_cast<const char*>(batch.slices[i].iov_base), batch.slices[i].iov_len);
  }
  return text;
}

TEST(SendQueue, GoesOnInTheMiddleOfASlice) {
  Chain chain;
  chain.append_static("abc");
  chain.append_static("defgh");
  SendQueue queue;
  queue.append(chain);
  EXPECT_EQ(gathered(queue), "abcdefgh");
  queue.consume(5);
  EXPECT_EQ(gathered(queue), "fgh");
  queue.consume(1);
  EXPECT_EQ(gathered(queue), "gh");
  queue.consume(2);
  EXPECT_TRUE(queue.is_empty());
}

TEST(SendQueue, GathersNoMoreThanItsLimitAndLosesNothing) {
  Chain chain;
  std::string expected;
  for (std::size_t i = 0; i < 3 * kSendSlicesMax + 7; ++i) {
    chain.append_static(i % 2 == 0 ? "ab" : "c");
    expected += i % 2 == 0 ? "ab" : "c";
  }
  SendQueue queue;
  queue.append(chain);
  std::string sent;
  while (!queue.is_empty()) {
    SendBatch batch;
    queue.gather(batch);
    EXPECT_LE(batch.header.msg_iovlen, kSendSlicesMax);
    const std::string part = gathered(queue);
    sent += part;
    queue.consume(part.size());
  }
  EXPECT_EQ(sent, expected);
}

TEST(SendQueue, GivesEachSegmentBackAsSoonAsItHasLeft) {
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(2).value();
  SendQueue queue;
  for (int i = 0; i < 2; ++i) {
    const SegmentRef segment = pool->take();
    Chain chain;
    chain.append(Slice{.owner = segment, .bytes = segment.bytes()});
    queue.append(chain);
  }
  EXPECT_EQ(pool->free_count(), 0U);
  queue.consume(kSegmentBytes - 1);
  EXPECT_EQ(pool->free_count(), 0U);
  queue.consume(1);
  EXPECT_EQ(pool->free_count(), 1U);
  queue.clear();
  EXPECT_EQ(pool->free_count(), 2U);
}

}  // namespace
}  // namespace sealgate::netio
