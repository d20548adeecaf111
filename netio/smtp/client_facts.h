// SPDX-License-Identifier: Apache-2.0
//
// XFORWARD: what a trusted MTA in front says of its own client (the protocol of Postfix's
// XFORWARD_README). Values are xtext; [UNAVAILABLE] and [TEMPUNAVAIL] say that there is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/api/envelope.h"

namespace sealgate::netio {

// The attributes that are kept, and so offered.
inline constexpr std::string_view kForwardAttributes = "NAME ADDR PROTO HELO IDENT";

// Reads the attributes of one XFORWARD command into `client`; those not named stay. PORT and
// SOURCE are checked and have no place in the envelope. Fails with kParameterUnknown or
// kParameterMalformed, and leaves `client` as it was.
Result<void> parse_xforward(std::string_view text, engine::ForwardedClient& client);

// The XFORWARD commands, without line ends, that pass `client` on to a next hop that offers
// `attributes` (as its EHLO reply has them). Each at most 512 octets.
std::vector<std::string> format_xforward(const engine::ForwardedClient& client,
                                         std::string_view attributes);

}  // namespace sealgate::netio
