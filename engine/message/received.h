// SPDX-License-Identifier: Apache-2.0
//
// The trace field that each relay puts on top (RFC 5321, 4.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/api/envelope.h"

namespace sealgate::engine {

// RFC 5321, 6.3: a message with more trace fields than this is going in circles.
inline constexpr std::uint32_t kReceivedFieldsMax = 100;

// The value of the field, folded, without the last line end; 7-bit unless the envelope needs
// SMTPUTF8. Names the recipient only when there is just one, so that no Bcc recipient shows.
std::string received_value(const Envelope& envelope, std::string_view hostname,
                           std::string_view queue_id, WallTime at);

}  // namespace sealgate::engine
