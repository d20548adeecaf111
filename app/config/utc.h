// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"

namespace sealgate::app {

// RFC 3339 in UTC: "2026-11-23T15:32:06Z".
std::string utc_text(WallTime at);

}  // namespace sealgate::app
