// SPDX-License-Identifier: Apache-2.0
//
// Addresses as certificates and operators write them, brought to the one form in which they are
// compared: the domain as lower-case A-labels, the local part exactly as it is (RFC 9598, 5).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sealgate::engine::trust {

// "local@domain" in normal form, or kAddressMalformed: white space, control characters, NUL,
// quoted local parts that need no quotes, invalid UTF-8, an invalid domain, too long
// (kAddressBytesMax), no or several unquoted "@".
Result<std::string> normal_address(std::string_view address);

// "@domain" or "domain" as "@domain" in normal form.
Result<std::string> normal_domain(std::string_view domain);

// The "@domain" of an address in normal form.
std::string_view domain_of(std::string_view normal_address);

}  // namespace sealgate::engine::trust
