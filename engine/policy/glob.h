// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sealgate::engine::policy {

// Whether `text` as a whole fits `pattern`: '*' is any run of characters, '?' any one (of UTF-8),
// the case of ASCII letters does not matter. Takes time of at most the product of both lengths.
bool fits_glob(std::string_view text, std::string_view pattern);

}  // namespace sealgate::engine::policy
