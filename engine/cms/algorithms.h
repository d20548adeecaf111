// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's implementations, fetched once for the process: a fetch by name costs more than
// hashing a small message. Each is null where OpenSSL does not have it (FIPS mode).
//
// Threading: any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include <openssl/evp.h>

#include "engine/cms/digest.h"
#include "engine/cms/enveloped_data.h"

namespace sealgate::engine::cms {

const EVP_MD* implementation_of(DigestAlgorithm algorithm);
const EVP_CIPHER* implementation_of(ContentCipher cipher);

// RFC 3394 with a key of 16 or 32 bytes.
enum class KeyWrap : std::uint8_t { Aes128, Aes256 };
const EVP_CIPHER* implementation_of(KeyWrap wrap);

const EVP_KDF* hkdf_implementation();

constexpr std::size_t key_size(ContentCipher cipher) {
  const bool is_short = cipher == ContentCipher::Aes128Cbc || cipher == ContentCipher::Aes128Gcm;
  return is_short ? 16 : 32;
}

}  // namespace sealgate::engine::cms
