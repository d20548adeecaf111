// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/base64.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "engine/mime/errors.h"

namespace sealgate::engine::mime {
namespace {

std::vector<Base64Kernel> kernels() {
  std::vector<Base64Kernel> all = {Base64Kernel::Scalar};
  if (best_base64_kernel() == Base64Kernel::Avx2) all.push_back(Base64Kernel::Avx2);
  return all;
}

Bytes random_octets(std::size_t size, std::uint32_t seed) {
  std::minstd_rand random(seed);
  Bytes octets(size);
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random() >> 8U);
  return octets;
}

std::string encode_lines(ByteView octets, Base64Kernel kernel, std::size_t step) {
  Base64LineEncoder encoder(kernel);
  std::string text;
  const auto put = [&](ByteView piece, bool is_end) {
    Bytes room(Base64LineEncoder::room_for(piece.size()));
    const std::size_t count = is_end ? encoder.finish(room) : encoder.update(piece, room);
    text += as_text(ByteView(room).first(count));
  };
  while (!octets.empty()) {
    const std::size_t count = std::min(step, octets.size());
    put(octets.first(count), false);
    octets = octets.subspan(count);
  }
  put({}, true);
  return text;
}

Bytes decode(std::string_view text, Base64Kernel kernel, std::size_t step) {
  Base64Decoder decoder(kernel);
  Bytes octets;
  const auto put = [&](std::string_view piece, bool is_end) {
    Bytes room(Base64Decoder::room_for(piece.size()));
    room.resize(is_end ? decoder.finish(room) : decoder.update(as_bytes(piece), room));
    octets.insert(octets.end(), room.begin(), room.end());
  };
  while (!text.empty()) {
    put(text.substr(0, step), false);
    text.remove_prefix(std::min(step, text.size()));
  }
  put({}, true);
  return octets;
}

// RFC 4648, 10.
TEST(Base64, EncodesTheVectorsOfTheStandard) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : vectors) {
    EXPECT_EQ(encode_base64(as_bytes(octets)), text);
    EXPECT_EQ(as_text(decode_base64_strict(text).value()), octets);
  }
}

TEST(Base64, GivesTheSameWithEveryKernelAndEveryCut) {
  for (std::size_t size = 0; size < 400; ++size) {
    const Bytes octets = random_octets(size, static_cast<std::uint32_t>(size));
    const std::string expected = encode_lines(octets, Base64Kernel::Scalar, size + 1);
    for (const Base64Kernel kernel : kernels()) {
      for (const std::size_t step : {std::size_t{1}, std::size_t{57}, std::size_t{100}, size + 1}) {
        EXPECT_EQ(encode_lines(octets, kernel, step), expected);
        EXPECT_EQ(decode(expected, kernel, step), octets);
      }
      Bytes room(base64_chars(size));
      EXPECT_EQ(encode_base64(octets, room, kernel), room.size());
      EXPECT_EQ(decode_base64_strict(as_text(room)).value(), octets);
    }
  }
}

TEST(Base64, WritesWhatOpensslWrites) {
  if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl here";
  const Bytes octets = random_octets(100'003, 5);
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("sealgate_base64_" + std::to_string(getpid()));
  std::ofstream(file, std::ios::binary).write(as_text(octets).data(), 100'003);
  FILE* pipe = popen(("openssl base64 -A -in " + file.string()).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string expected(200'000, '\0');
  expected.resize(fread(expected.data(), 1, expected.size(), pipe));
  pclose(pipe);
  std::filesystem::remove(file);
  ASSERT_GT(expected.size(), octets.size());
  for (const Base64Kernel kernel : kernels()) {
    Bytes room(base64_chars(octets.size()));
    encode_base64(octets, room, kernel);
    EXPECT_TRUE(as_text(room) == expected);
    std::string lines = encode_lines(octets, kernel, 4096);
    for (std::size_t i = 0; i + 78 < lines.size(); i += 78) {
      ASSERT_EQ(lines.substr(i + 76, 2), "\r\n");
    }
    std::erase_if(lines, [](char c) { return c == '\r' || c == '\n'; });
    EXPECT_TRUE(lines == expected);
  }
}

TEST(Base64, DecodesMailAsItIs) {
  for (const Base64Kernel kernel : kernels()) {
    const auto text = [&](std::string_view base64) {
      return std::string(as_text(decode(base64, kernel, 1000)));
    };
    EXPECT_EQ(text("Zm9v\nYmFy"), "foobar");
    EXPECT_EQ(text("Zm 9v!YmFy"), "foobar");
    EXPECT_EQ(text("Zm8=Zm8="), "fofo");
    EXPECT_EQ(text("Zm8"), "fo");
    EXPECT_EQ(text("Z"), "");
    EXPECT_EQ(text("===="), "");
    const std::string run(64, 'Z');
    EXPECT_EQ(decode(run + "*" + run, kernel, 1000).size(), 96U);
  }
  Base64Decoder decoder;
  Bytes room(Base64Decoder::room_for(8));
  decoder.update(as_bytes("Zm9v\r\n"), room);
  EXPECT_FALSE(decoder.has_trouble());
  decoder.update(as_bytes("Z*"), room);
  EXPECT_TRUE(decoder.has_trouble());
}

TEST(Base64, RefusesWhatTheStandardDoesNotAllow) {
  for (const std::string_view text :
       {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "Zg==Zg==", "Zm\r\n", "Zm9*", "===="}) {
    const Result<Bytes> outcome = decode_base64_strict(text);
    ASSERT_FALSE(outcome) << text;
    EXPECT_TRUE(outcome.error().is(kBase64Malformed));
  }
}

}  // namespace
}  // namespace sealgate::engine::mime
