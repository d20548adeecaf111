// SPDX-License-Identifier: Apache-2.0
//
// One RecipientInfo (RFC 5652, 6.2): the content key for one recipient.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/cms/enveloped_data.h"

namespace sealgate::engine::cms {

struct RecipientInfo {
  Bytes der;
  std::uint32_t version = 0;  // Decides the version of EnvelopedData (RFC 5652, 6.1).
};

// Key transport for an RSA key, key agreement for an elliptic one. Fails as
// EnvelopeSealer::add_recipient() does.
Result<RecipientInfo> encode_recipient(const EnvelopeRecipient& recipient, ByteView content_key);

}  // namespace sealgate::engine::cms
