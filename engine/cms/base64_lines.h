// SPDX-License-Identifier: Apache-2.0
//
// Base64Lines writes bytes as lines of base64 (RFC 2045, 6.8: 76 columns, CRLF) straight into
// segments. The text does not depend on how the bytes are cut.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/mime/base64.h"

namespace sealgate::engine::cms {

class Base64Lines {
 public:
  // Each fails with kSegmentsExhausted; the text is lost then.
  Result<void> update(ByteView bytes, ChainWriter& writer);
  // The last line, with its CRLF; nothing for no bytes at all. Then a new text may begin.
  Result<void> finish(ChainWriter& writer);

 private:
  mime::Base64LineEncoder encoder_;
};

}  // namespace sealgate::engine::cms
