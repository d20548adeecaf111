// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/problem.h"

namespace sealgate::engine::policy {

std::string Problem::where(std::string_view file) const {
  std::string place(file);
  if (line != 0) place += ":" + std::to_string(line) + ":" + std::to_string(column);
  return place;
}

}  // namespace sealgate::engine::policy
