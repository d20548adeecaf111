// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/data_reader.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "netio/smtp/dot_stuffer.h"
#include "netio/smtp/errors.h"

namespace sealgate::netio {
namespace {

Chain chain_of(std::string_view text) {
  Chain chain;
  chain.append_static(text);
  return chain;
}

struct Read {
  std::string content;
  std::string rest;
  bool has_ended = false;
  bool is_malformed = false;
};

Read read_all(const Chain& input) {
  DataReader reader;
  Read read;
  std::vector<Slice> pieces;
  for (const Slice& slice : input.slices()) {
    std::size_t taken = 0;
    if (!reader.has_ended()) taken = reader.read(slice, pieces);
    read.rest += as_text(slice.bytes.subspan(taken));
  }
  for (const Slice& piece : pieces) read.content += as_text(piece.bytes);
  EXPECT_EQ(read.content.size(), reader.size());
  read.has_ended = reader.has_ended();
  read.is_malformed = reader.is_malformed();
  return read;
}

TEST(DataReader, TakesTheStuffingOutAndLeavesWhatFollowsTheEnd) {
  const Read read = read_all(chain_of("..\r\n...a\r\n.b\r\nc.\r\n\r\n.\r\nQUIT\r\n"));
  EXPECT_TRUE(read.has_ended);
  EXPECT_FALSE(read.is_malformed);
  EXPECT_EQ(read.content, ".\r\n..a\r\nb\r\nc.\r\n\r\n");
  EXPECT_EQ(read.rest, "QUIT\r\n");
}

TEST(DataReader, FindsBareLineEndsWhereverTheyAre) {
  for (const char* bad : {"\r.", "\n.", ".\n", ".\r.", ".\r\r\n", "a\rb", "a\nb", "\r\n\n",
                          "\r\r\n", ".\rx", "..\n"}) {
    EXPECT_TRUE(read_all(chain_of(bad)).is_malformed) << bad;
    EXPECT_FALSE(read_all(chain_of(bad)).has_ended) << bad;
  }
}

TEST(DotStuffer, EndsContentThatHasNoLineEnd) {
  const auto pool = SegmentPool::create(1).value();
  ChainWriter writer(*pool);
  EXPECT_EQ(stuff_dots(chain_of("a"), writer).value().text(0, 6), "a\r\n.\r\n");
  EXPECT_EQ(stuff_dots(chain_of("a\r\n"), writer).value().text(0, 6), "a\r\n.\r\n");
  EXPECT_EQ(stuff_dots(Chain(), writer).value().text(0, 3), ".\r\n");
}

// Two slices for each of some million lines would take many times the memory of the message.
TEST(DotStuffer, CopiesContentWhoseLinesAllBeginWithADot) {
  std::string content;
  std::string wanted;
  while (content.size() < 30'000) {
    content += ".\r\n";
    wanted += "..\r\n";
  }
  wanted += ".\r\n";
  const auto pool = SegmentPool::create(4).value();
  ChainWriter writer(*pool);
  const Chain stuffed = stuff_dots(chain_of(content), writer).value();
  EXPECT_EQ(stuffed.text(0, stuffed.size()), wanted);
  EXPECT_LE(stuffed.slices().size(), 4U);

  const auto no_pool = SegmentPool::create(1).value();
  ChainWriter short_writer(*no_pool);
  const Chain uncopied = stuff_dots(chain_of(content), short_writer).value();
  EXPECT_EQ(uncopied.text(0, uncopied.size()), wanted);
}

TEST(DotStuffer, RefusesWhatDataCannotCarry) {
  const auto pool = SegmentPool::create(1).value();
  ChainWriter writer(*pool);
  for (const char* bad : {"a\nb", "a\rb", "\n", "\r", "a\r", "\r\n\n", "\r\r\n"}) {
    const Result<Chain> stuffed = stuff_dots(chain_of(bad), writer);
    ASSERT_FALSE(stuffed) << bad;
    EXPECT_TRUE(stuffed.error().is(kContentBareLineEnd));
  }
}

// Any content comes back as it was, however both sides are cut, and no byte of it is copied.
TEST(DotStuffing, ComesBackAsItWas) {
  const auto pool = SegmentPool::create(8).value();
  std::minstd_rand random(1);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    while (text.size() < 40) {
      static constexpr std::string_view kTokens[] = {".", "..", "\r\n", "\r\n.", "x", "\r\n.\r\n"};
      text += kTokens[below(std::size(kTokens))];
    }
    text += "\r\n";
    ChainWriter writer(*pool);
    writer.append(text).value();
    const Chain whole = writer.take();
    ASSERT_EQ(whole.slices().size(), 1U);
    const std::uint64_t before = copied_bytes();
    Chain cut;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = std::min(1 + below(10), text.size() - at);
      // Static, so that pieces stay pieces; `whole` keeps them alive.
      cut.append_static(as_text(whole.slices().front().bytes.subspan(at, size)));
      at += size;
    }
    const Chain stuffed = stuff_dots(cut, writer).value();
    Chain pieces;
    for (std::uint64_t at = 0; at < stuffed.size();) {
      const std::uint64_t size = std::min<std::uint64_t>(1 + below(5), stuffed.size() - at);
      const Chain piece = stuffed.sub_chain(at, size);
      for (const Slice& slice : piece.slices()) {
        pieces.append_static(as_text(slice.bytes));
      }
      at += size;
    }
    const Read read = read_all(pieces);
    ASSERT_EQ(copied_bytes(), before);
    ASSERT_TRUE(read.has_ended);
    ASSERT_FALSE(read.is_malformed);
    ASSERT_EQ(read.content, text);
    ASSERT_EQ(read.rest, "");
  }
}

}  // namespace
}  // namespace sealgate::netio
