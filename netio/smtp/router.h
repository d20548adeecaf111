// SPDX-License-Identifier: Apache-2.0
//
// Which route a recipient's domain takes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "netio/api/mail_service.h"

namespace sealgate::netio {

// The place of the first route that matches `domain` (lower case; "" for an address without one,
// which only "*" matches).
std::optional<std::size_t> find_route(std::span<const Route> routes, std::string_view domain);

}  // namespace sealgate::netio
