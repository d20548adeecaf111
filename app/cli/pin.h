// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/config/problem.h"

namespace sealgate::app {

// Asks for a PIN without showing it, twice, or reads one line from standard input where `source`
// is "-". It is written to `file`, readable by its owner alone, and wiped. False with a problem
// when there is no terminal, the two differ, or the file exists.
bool store_pin(const std::string& source, const std::string& file, Problems& problems);

}  // namespace sealgate::app
