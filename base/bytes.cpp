// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <cstring>

#include "base/check.h"

namespace sealgate {
namespace {
thread_local std::uint64_t copied = 0;
}

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void copy_bytes(MutableBytes to, ByteView from) {
  SG_CHECK(to.size() >= from.size());
  if (from.empty()) return;
  std::memcpy(to.data(), from.data(), from.size());
  copied += from.size();
}

bool equal_bytes(ByteView left, ByteView right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

bool equal_secret(ByteView left, ByteView right) {
  if (left.size() != right.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (left[i] ^ right[i]));
  }
  // Keeps the compiler from leaving the loop at the first difference.
  __asm__ volatile("" : "+r"(difference));
  return difference == 0;
}

std::uint64_t copied_bytes() {
  return copied;
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

}  // namespace sealgate
