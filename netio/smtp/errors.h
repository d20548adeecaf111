// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate::netio {

// ---- Settings ----

inline constexpr ErrorKind kNetworkInvalid{
    ErrorClass::Misconfigured, "netio.network_invalid",
    "A client network is not in CIDR form; write it as 192.0.2.0/24 or 2001:db8::/32, with no bits "
    "set behind the prefix."};
inline constexpr ErrorKind kLimitOutOfRange{
    ErrorClass::Misconfigured, "netio.limit_out_of_range",
    "A limit of a listener or route is zero or above what the gateway supports (docs/limits.md)."};
inline constexpr ErrorKind kHostnameInvalid{
    ErrorClass::Misconfigured, "netio.hostname_invalid",
    "The gateway's host name must be a domain name of letters, digits, dots and hyphens."};
inline constexpr ErrorKind kRouteIncomplete{
    ErrorClass::Misconfigured, "netio.route_incomplete",
    "A route needs at least one domain and one endpoint with a port."};

// ---- Commands of a client ----

inline constexpr ErrorKind kPathMalformed{ErrorClass::InvalidInput, "netio.path_malformed",
                                          "The address is not as RFC 5321 has it: <local@domain>."};
inline constexpr ErrorKind kPathTooLong{ErrorClass::InvalidInput, "netio.path_too_long",
                                        "The address is longer than RFC 5321 allows."};
inline constexpr ErrorKind kParameterUnknown{
    ErrorClass::InvalidInput, "netio.parameter_unknown",
    "The command carries a parameter that is not offered."};
inline constexpr ErrorKind kParameterMalformed{
    ErrorClass::InvalidInput, "netio.parameter_malformed",
    "A parameter of the command is malformed or given twice."};

// ---- Content to be sent ----

inline constexpr ErrorKind kContentBareLineEnd{
    ErrorClass::InvalidInput, "netio.content_bare_line_end",
    "The content has a CR or LF alone, which DATA cannot carry (RFC 5321, 2.3.8)."};

}  // namespace sealgate::netio
