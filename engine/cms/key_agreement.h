// SPDX-License-Identifier: Apache-2.0
//
// One ephemeral-static key agreement with a recipient: NIST curves by RFC 5753 with the X9.63
// KDF, X25519 by RFC 8418 with HKDF (the pair that RFC 8551, 2.3 asks for). The content key is
// wrapped with AES of its own size (RFC 3394).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::cms {

struct AgreedKey {
  ByteView originator_algorithm;  // OID of the ephemeral key; static storage.
  ByteView scheme;                // OID of the key agreement; static storage.
  ByteView wrap;                  // OID of the key wrap; static storage.
  Bytes ephemeral_key;            // The uncompressed point, or the X25519 key.
  std::array<std::uint8_t, 40> wrapped{};
  std::size_t wrapped_size = 0;

  ByteView wrapped_key() const { return ByteView(wrapped).first(wrapped_size); }
};

// Requires: trust::is_elliptic() and not Ed25519; a content key of 16 or 32 bytes. Fails with
// kRecipientKeyUnsupported, kRecipientKeyRefused, kCryptoUnavailable.
Result<AgreedKey> agree_key(const trust::Certificate& recipient, ByteView content_key);

}  // namespace sealgate::engine::cms
