// SPDX-License-Identifier: Apache-2.0
//
// What a contact's software can open, as an SMIMECapabilities value says it (RFC 8551, 2.5.2):
// from a certificate (RFC 4262) or, later, from a signed message of his.
#pragma once

#include "base/bytes.h"

namespace sealgate::engine::trust {

struct Capabilities {
  bool is_present = false;  // A readable list was there; else everything is false.
  bool aes128_cbc = false;
  bool aes256_cbc = false;
  bool aes128_gcm = false;
  bool aes256_gcm = false;
  bool oaep_sha1 = false;    // id-RSAES-OAEP with absent or empty parameters.
  bool oaep_sha256 = false;  // id-RSAES-OAEP with SHA-256.
  bool pss = false;          // id-RSASSA-PSS.
};

// Reads the SEQUENCE OF SMIMECapability. Unknown entries are skipped; a malformed list, or one
// of more than 128 entries, is the same as none.
Capabilities parse_capabilities(ByteView der);

}  // namespace sealgate::engine::trust
