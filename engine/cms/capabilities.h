// SPDX-License-Identifier: Apache-2.0
//
// The S/MIME capabilities attribute (RFC 8551, 2.5.2): what the signer can open, told to whoever
// reads the signature.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace sealgate::engine::cms {

// In the order in which they are announced: the strongest first, as RFC 8551 asks.
enum class Capability : std::uint8_t {
  Aes256Gcm,
  Aes128Gcm,
  Aes256Cbc,
  Aes128Cbc,
  RsaOaepSha256,         // With MGF1 over SHA-256 (RFC 4055).
  RsaOaepSha1,           // RSAES-OAEP with its default parameters.
  EcdhSha256Aes256Wrap,  // RFC 5753, 7.
  EcdhSha256Aes128Wrap,
  EcdhSha384Aes256Wrap,
  EcdhHkdfSha256Aes256Wrap,  // X25519, RFC 8418, 8.
  EcdhHkdfSha256Aes128Wrap,
};

// A set of capabilities.
class Capabilities {
 public:
  constexpr Capabilities() = default;

  constexpr void add(Capability capability) { bits_ |= bit(capability); }
  constexpr bool has(Capability capability) const { return (bits_ & bit(capability)) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }
  bool operator==(const Capabilities&) const = default;

 private:
  static constexpr std::uint32_t bit(Capability capability) {
    return std::uint32_t{1} << static_cast<unsigned>(capability);
  }

  std::uint32_t bits_ = 0;
};

// The DER SMIMECapabilities SEQUENCE of `capabilities`.
Bytes encode_capabilities(Capabilities capabilities);

}  // namespace sealgate::engine::cms
