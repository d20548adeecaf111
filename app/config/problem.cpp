// SPDX-License-Identifier: Apache-2.0
#include "app/config/problem.h"

namespace sealgate::app {

std::string Place::text() const {
  if (line == 0) {
    return file;
  }
  const std::string text = file + ":" + std::to_string(line);
  return column == 0 ? text : text + ":" + std::to_string(column);
}

}  // namespace sealgate::app
