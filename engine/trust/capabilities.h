// SPDX-License-Identifier: Apache-2.0
//
// What a contact's software can open, as an SMIMECapabilities value says it (RFC 8551, 2.5.2):
// from a certificate (RFC 4262) or from a signed message of his.
#pragma once

#include "base/bytes.h"

namespace sealgate::engine::trust {

// The content keys that a scheme of key agreement may wrap (RFC 5753, 7; RFC 8418, 8).
struct WrapCapability {
  bool aes128 = false;
  bool aes256 = false;

  bool is_present() const { return aes128 || aes256; }
  bool operator==(const WrapCapability&) const = default;
};

struct Capabilities {
  bool is_present = false;  // A readable list was there; else everything is false.
  bool aes128_cbc = false;
  bool aes256_cbc = false;
  bool aes128_gcm = false;
  bool aes256_gcm = false;
  bool oaep_sha1 = false;           // id-RSAES-OAEP with its default parameters.
  bool oaep_sha256 = false;         // id-RSAES-OAEP with SHA-256 and MGF1 over SHA-256.
  bool pss = false;                 // id-RSASSA-PSS.
  WrapCapability ecdh_sha256;       // dhSinglePass-stdDH-sha256kdf: with P-256.
  WrapCapability ecdh_sha384;       // The same with P-384.
  WrapCapability ecdh_sha512;       // The same with P-521.
  WrapCapability ecdh_hkdf_sha256;  // dhSinglePass-stdDH-hkdf-sha256: with X25519.
};

// Reads the SEQUENCE OF SMIMECapability. Unknown entries are skipped; a malformed list, or one
// of more than 128 entries, is the same as none.
Capabilities parse_capabilities(ByteView der);

}  // namespace sealgate::engine::trust
