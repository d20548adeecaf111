// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with an RSA public key besides its length.
#pragma once

#include <cstdint>

#include <openssl/types.h>

#include "base/bytes.h"

namespace sealgate::engine::trust {

enum class RsaFault : std::uint8_t {
  None,
  Exponent,     // Below 3, even, or longer than 64 bits.
  SmallFactor,  // The modulus has a prime factor of at most 167.
  Roca,         // The modulus has the form of CVE-2017-15361.
};

// Requires: an RSA or RSA-PSS key.
RsaFault rsa_fault(const EVP_PKEY* key);

// The same of its parts, big-endian: the first fault in the order above.
RsaFault rsa_fault(ByteView modulus, ByteView exponent);

}  // namespace sealgate::engine::trust
