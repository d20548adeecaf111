// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a policy text, and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealgate::engine::policy {

struct Problem {
  enum class Severity : std::uint8_t { Warning, Error };
  Severity severity = Severity::Error;
  std::uint32_t line = 0;  // From 1; 0 where it is about the whole text.
  std::uint32_t column = 0;
  std::string what;  // "unknown key `singn`; did you mean `sign`?"

  // "policy.toml:12:3", "policy.toml" where the line is 0.
  std::string where(std::string_view file) const;
};

}  // namespace sealgate::engine::policy
