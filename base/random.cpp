// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <cerrno>
#include <string_view>
#include <sys/random.h>

#include "base/check.h"

namespace sealgate {

void SystemRandom::fill(MutableBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    SG_CHECK(count > 0);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::string random_token(RandomSource& random, std::size_t length) {
  constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuv";
  Bytes bytes(length);
  random.fill(bytes);
  std::string token;
  token.reserve(length);
  for (const std::uint8_t byte : bytes) token.push_back(kAlphabet[byte & 31U]);
  return token;
}

}  // namespace sealgate
