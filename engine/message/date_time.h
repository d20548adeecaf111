// SPDX-License-Identifier: Apache-2.0
//
// Dates as mail and operators write them. Always UTC.
#pragma once

#include <string>

#include "base/clock.h"

namespace sealgate::engine {

// RFC 5322, 3.3: "Mon, 23 Nov 2026 08:05:09 +0000".
std::string mail_date(WallTime at);

// RFC 3339: "2026-11-23T08:05:09Z".
std::string short_date(WallTime at);

}  // namespace sealgate::engine
