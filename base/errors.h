// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate {

inline constexpr ErrorKind kPoolMemoryUnavailable{
    ErrorClass::Misconfigured, "base.pool_memory_unavailable",
    "The memory for message buffers cannot be mapped; lower `segments` or give the machine more."};
inline constexpr ErrorKind kSegmentsExhausted{
    ErrorClass::Exhausted, "base.segments_exhausted",
    "All message buffers are in use; raise `segments` if this lasts."};

}  // namespace sealgate
