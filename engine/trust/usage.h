// SPDX-License-Identifier: Apache-2.0
//
// What a certificate says its key is for (RFC 8550, 4.4).
#pragma once

#include <cstdint>
#include <string>

#include "engine/trust/certificate.h"

namespace sealgate::engine::trust {

enum class Use : std::uint8_t { Sign, Encrypt };

// Why kind of key and keyUsage do not allow the use: half a sentence; "" where they do.
std::string key_usage_fault(const Certificate& certificate, Use use);

// The same for extendedKeyUsage, whatever the use.
std::string extended_usage_fault(const Certificate& certificate);

}  // namespace sealgate::engine::trust
