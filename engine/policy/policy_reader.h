// SPDX-License-Identifier: Apache-2.0
//
// From a policy's text to its rules, with every fault reported. Private to this folder.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/policy/problem.h"
#include "engine/policy/rule.h"

namespace sealgate::engine::policy {

// Null where there is at least one error.
std::unique_ptr<const PolicyRules> read_policy(std::string_view toml,
                                               std::vector<Problem>& problems);

}  // namespace sealgate::engine::policy
