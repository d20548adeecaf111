// SPDX-License-Identifier: Apache-2.0
#include "app/config/utc.h"

#include <ctime>

namespace sealgate::app {

std::string utc_text(WallTime at) {
  const auto seconds = static_cast<std::time_t>(at.time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32] = {};
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

}  // namespace sealgate::app
