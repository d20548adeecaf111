// SPDX-License-Identifier: Apache-2.0
//
// The policy that `sealgate init` writes: the promise of the product, with every key described
// in comments.
#pragma once

#include <string_view>

namespace sealgate::engine::policy {

std::string_view default_policy_text();

}  // namespace sealgate::engine::policy
