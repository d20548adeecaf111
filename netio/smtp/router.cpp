// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/router.h"

#include <algorithm>

namespace sealgate::netio {
namespace {

bool is_match(std::string_view pattern, std::string_view domain) {
  if (pattern == "*") return true;
  if (pattern.size() > 1 && pattern.front() == '.') {
    return domain.size() > pattern.size() && domain.ends_with(pattern);
  }
  return !domain.empty() && domain == pattern;
}

}  // namespace

std::optional<std::size_t> find_route(std::span<const Route> routes, std::string_view domain) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& patterns = routes[i].domains;
    const bool does_match =
        std::any_of(patterns.begin(), patterns.end(),
                    [&](const std::string& pattern) { return is_match(pattern, domain); });
    if (does_match) return i;
  }
  return {};
}

}  // namespace sealgate::netio
