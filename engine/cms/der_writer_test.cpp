// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/der_writer.h"

#include <chrono>

#include <gtest/gtest.h>

#include "engine/cms/der_frame.h"

namespace sealgate::engine::cms {
namespace {

std::string hex_of(DerWriter& writer) {
  return to_hex(writer.take());
}

TEST(DerWriter, UsesTheShortestLengthOnBothSidesOfEachBorder) {
  for (const auto& [size, head] : {std::pair<std::size_t, std::string>{0, "0400"},
                                   {127, "047f"},
                                   {128, "048180"},
                                   {255, "0481ff"},
                                   {256, "04820100"},
                                   {65535, "0482ffff"},
                                   {65536, "0483010000"}}) {
    DerWriter writer;
    writer.add(tag::kOctetString, Bytes(size, 7));
    EXPECT_EQ(der_header_size(size), head.size() / 2);
    const std::string encoded = hex_of(writer);
    EXPECT_EQ(encoded.substr(0, head.size()), head);
    EXPECT_EQ(encoded.size(), head.size() + 2 * size);

    writer.begin(tag::kOctetString);
    writer.add_encoded(Bytes(size, 7));
    writer.end();
    EXPECT_EQ(hex_of(writer), encoded);
  }
}

TEST(DerWriter, WritesIntegersInTheirShortestForm) {
  for (const auto& [value, expected] : {std::pair<std::uint32_t, std::string>{0, "020100"},
                                        {1, "020101"},
                                        {127, "02017f"},
                                        {128, "02020080"},
                                        {255, "020200ff"},
                                        {256, "02020100"},
                                        {0x7fffffff, "02047fffffff"},
                                        {0xffffffff, "020500ffffffff"}}) {
    DerWriter writer;
    writer.add_integer(value);
    EXPECT_EQ(hex_of(writer), expected);
  }
}

std::string time_text(WallTime time) {
  DerWriter writer;
  writer.add_time(time);
  const Bytes der = writer.take();
  return std::string(as_text(ByteView(der).subspan(2))) + (der[0] == tag::kUtcTime ? " U" : " G");
}

// RFC 5652, 11.3.
TEST(DerWriter, WritesUtcTimeBefore2050AndGeneralizedTimeFromThen) {
  using namespace std::chrono;
  const auto at = [](int year, unsigned month_number, unsigned day_number, int seconds_of_day) {
    return WallTime(sys_days(std::chrono::year(year) / month(month_number) / day(day_number))) +
           seconds(seconds_of_day);
  };
  EXPECT_EQ(time_text(at(1950, 1, 1, 0)), "500101000000Z U");
  EXPECT_EQ(time_text(at(2026, 2, 28, 3661)), "260228010101Z U");
  EXPECT_EQ(time_text(at(2049, 12, 31, 86399)), "491231235959Z U");
  EXPECT_EQ(time_text(at(2050, 1, 1, 0)), "20500101000000Z G");
  EXPECT_EQ(time_text(at(9999, 12, 31, 86399)), "99991231235959Z G");
}

TEST(DerWriter, SortsTheElementsOfASetOf) {
  DerWriter writer;
  writer.add_set_of(tag::kSet, {{0x04, 0x01, 0x02}, {0x02, 0x01, 0x05}, {0x04, 0x01, 0x01}});
  EXPECT_EQ(hex_of(writer), "3109020105040101040102");
}

TEST(EncodeFrame, GivesTheHeadOfWhatAWriterWouldMakeInOnePiece) {
  for (const std::size_t size : {0U, 1U, 100U, 127U, 128U, 250U, 256U, 65535U, 65536U}) {
    const Bytes content(size, 9);
    const Bytes front{0x02, 0x01, 0x00};
    const Bytes after{0x04, 0x02, 0x01, 0x02};
    DerWriter writer;
    writer.begin(tag::kSequence);
    writer.add_encoded(front);
    writer.add(tag::context(0), content);
    writer.add_encoded(after);
    writer.end();
    const Bytes whole = writer.take();

    const std::array<FrameLevel, 2> levels{
        {{.identifier = tag::kSequence, .front = front, .after = after.size()},
         {.identifier = tag::context(0), .front = {}, .after = 0}}};
    Bytes streamed = encode_frame(levels, size);
    streamed.insert(streamed.end(), content.begin(), content.end());
    streamed.insert(streamed.end(), after.begin(), after.end());
    EXPECT_EQ(streamed, whole);
  }
}

}  // namespace
}  // namespace sealgate::engine::cms
