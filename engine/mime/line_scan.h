// SPDX-License-Identifier: Apache-2.0
//
// Finds the end of a line and, in the same pass, what the octets before it are. AVX2 where the
// processor has it, chosen at run time; both kernels give the same answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sealgate::engine::mime {

struct LineScan {
  std::size_t length = 0;  // Up to and with the first LF, or all octets where there is none.
  std::size_t carriage_returns = 0;
  bool has_line_feed = false;
  bool has_eight_bit = false;
  bool has_nul = false;
  bool operator==(const LineScan&) const = default;
};

LineScan scan_line(ByteView bytes);

// The kernels by name, for tests. Requires: the processor has AVX2 (has_avx2()).
LineScan scan_line_scalar(ByteView bytes);
LineScan scan_line_avx2(ByteView bytes);
bool has_avx2();

}  // namespace sealgate::engine::mime
