// SPDX-License-Identifier: Apache-2.0
//
// Reads the path of MAIL and RCPT (RFC 5321, 4.1.2; RFC 6531, 3.3): quoted local parts, address
// literals, UTF-8; a source route is read and dropped (RFC 5321, F.2). The address keeps the form
// in which it came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sealgate::netio {

enum class PathKind : std::uint8_t {
  Reverse,  // May be <>.
  Forward,  // May be <postmaster>, without a domain (RFC 5321, 4.1.1.3).
};

struct Path {
  std::string address;    // Without angle brackets.
  std::string_view rest;  // What follows the path: "" or " parameters". A view of the input.
};

// Reads the path at the front of `text`. Fails with kPathMalformed or kPathTooLong.
// The 64 octets that RFC 5321, 4.5.3.1.1 gives a local part are not enforced: VERP and SRS senders
// go beyond them, and 4.5.3.1 asks for no limits where there need be none.
Result<Path> parse_path(std::string_view text, PathKind kind);

// The domain of an address that parse_path() gave, lower case; "" where it has none.
std::string domain_of(std::string_view address);

}  // namespace sealgate::netio
