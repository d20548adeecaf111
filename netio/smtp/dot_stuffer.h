// SPDX-License-Identifier: Apache-2.0
//
// Makes content ready for DATA (RFC 5321, 4.5.2) without copying it: the dots that lines
// beginning with a dot are stuffed with, and the end, are static slices between slices of it.
// Only where such lines are so many that the slices would take more memory than the bytes are
// those copied, as long as `writer` has room for them.
#pragma once

#include "base/result.h"
#include "base/segment.h"

namespace sealgate::netio {

// `content` stuffed and ended with CR LF "." CR LF; the first CR LF is the content's own where it
// has one. Fails with kContentBareLineEnd.
Result<Chain> stuff_dots(const Chain& content, ChainWriter& writer);

}  // namespace sealgate::netio
