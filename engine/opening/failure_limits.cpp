// SPDX-License-Identifier: Apache-2.0
#include "engine/opening/failure_limits.h"

namespace sealgate::engine::opening {

void FailureLimits::expire(TimePoint now) {
  while (!ages_.empty() &&
         (counts_.size() > kNamesMax || ages_.front().begun_at + window_ <= now)) {
    const auto found = counts_.find(ages_.front().name);
    if (found != counts_.end() && found->second.begun_at == ages_.front().begun_at) {
      counts_.erase(found);
    }
    ages_.pop_front();
  }
}

bool FailureLimits::is_reached(const std::string& name, std::uint32_t limit, TimePoint now) {
  expire(now);
  const auto found = counts_.find(name);
  return found != counts_.end() && found->second.failures >= limit;
}

bool FailureLimits::count(const std::string& name, std::uint32_t limit, TimePoint now) {
  expire(now);
  const auto [entry, is_new] = counts_.try_emplace(name, Count{.begun_at = now, .failures = 0});
  if (is_new) ages_.push_back({.name = name, .begun_at = now});
  ++entry->second.failures;
  return entry->second.failures == limit;
}

}  // namespace sealgate::engine::opening
