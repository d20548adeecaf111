// SPDX-License-Identifier: Apache-2.0
//
// Distinguished names, times and numbers of OpenSSL as text and time of ours.
#pragma once

#include <optional>
#include <string>

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/clock.h"

namespace sealgate::engine::trust {

// RFC 2253 form, printable UTF-8, at most 400 octets.
std::string name_text(const X509_NAME* name);

// None where the time is malformed or beyond what a calendar has.
std::optional<WallTime> wall_time(const ASN1_TIME* time);

// "2026-03-01 12:00:00 UTC".
std::string time_text(WallTime time);

}  // namespace sealgate::engine::trust
