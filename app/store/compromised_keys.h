// SPDX-License-Identifier: Apache-2.0
//
// The operator's lists of compromised keys: the files compromised/*.txt of the state directory,
// one lower- or upper-case SHA-256 of a SubjectPublicKeyInfo a line. What follows a '#' is a
// comment. A list that cannot be read whole is a problem: a key that silently fell out would be
// trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config/problem.h"
#include "hsm/api/key_operation.h"

namespace sealgate::app {

inline constexpr std::string_view kCompromisedFolder = "compromised";

std::vector<hsm::KeyId> load_compromised_keys(const std::string& state_directory,
                                              Problems& problems);

// Appends the keys of one file. After a few malformed lines, or with
// engine::trust::CompromisedKeys::kKeysMax keys in `keys`, it gives up.
void read_compromised_keys(std::string_view content, const std::string& file,
                           std::vector<hsm::KeyId>& keys, Problems& problems);

}  // namespace sealgate::app
