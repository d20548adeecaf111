// SPDX-License-Identifier: Apache-2.0
//
// A leaf in another transfer encoding: which one suits it, and its body in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/segment.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

struct LeafEncoding {
  TransferEncoding encoding = TransferEncoding::Base64;
  // What to add to the Content-Type of text that has 8-bit octets but no charset; "" for nothing.
  std::string_view charset;
};

// See canonical.h for the rules. Reads the body once.
LeafEncoding choose_encoding(const Part& part, const Chain& body);

// Decodes `body` from `from` and appends it in `to`. Fails with kSegmentsExhausted.
// Requires: `to` is Base64 or QuotedPrintable.
Result<void> encode_leaf(const Chain& body, TransferEncoding from, TransferEncoding to,
                         ChainWriter& writer);

}  // namespace sealgate::engine::mime
