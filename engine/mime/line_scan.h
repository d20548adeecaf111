// SPDX-License-Identifier: Apache-2.0
//
// Finds the end of a line and, in the same pass, what the octets before it are. AVX2 where the
// processor has it, chosen at run time; both kernels give the same answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

struct LineScan {
  std::uint64_t length = 0;  // Up to and with the first LF, or all octets where there is none.
  std::uint64_t carriage_returns = 0;
  bool has_line_feed = false;
  bool has_eight_bit = false;
  bool has_nul = false;
  bool operator==(const LineScan&) const = default;
};

LineScan scan_line(ByteView bytes);

// The traits of a line of `length` octets that `scan` is the sum of. `text` is the line or, where
// it was not kept whole, its last octets, at least three of them; has_from_line is then not set.
LineTraits line_traits(std::string_view text, std::uint64_t length, const LineScan& scan);

// Octets of the line end of `text`: 2, 1 or 0.
std::uint32_t line_end_length(std::string_view text);

// The kernels by name, for tests. Requires: the processor has AVX2 (has_avx2()).
LineScan scan_line_scalar(ByteView bytes);
LineScan scan_line_avx2(ByteView bytes);
bool has_avx2();

}  // namespace sealgate::engine::mime
