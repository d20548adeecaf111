// SPDX-License-Identifier: Apache-2.0
//
// Views of bytes, and the one place where bytes are copied. A view is for the call:
// who stores one keeps its owner beside it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealgate {

using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

// The bytes of `text`, without a copy.
ByteView as_bytes(std::string_view text);

// The characters of `bytes`, without a copy and without a check of their encoding.
std::string_view as_text(ByteView bytes);

// Copies `from` to the front of `to` and counts the bytes (copied_bytes).
// Requires: to.size() >= from.size(); the two do not overlap.
void copy_bytes(MutableBytes to, ByteView from);

bool equal_bytes(ByteView left, ByteView right);

// Compares in a time that depends on the sizes alone.
bool equal_secret(ByteView left, ByteView right);

// Bytes that this thread has copied with copy_bytes since it began: what benchmarks report
// as copies per message byte.
std::uint64_t copied_bytes();

// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);

}  // namespace sealgate
