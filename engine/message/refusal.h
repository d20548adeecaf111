// SPDX-License-Identifier: Apache-2.0
//
// What a sender reads when policy refuses recipients.
#pragma once

#include <string_view>

#include "engine/api/mail_io.h"
#include "engine/message/recipient_state.h"

namespace sealgate::engine {

// 550 5.7.1 with `text` (lines parted by '\n') cut to what a reply may hold.
Reply refusal_reply(std::string_view text);

// One reply for all recipients that were refused, each with its own text.
// Requires: at least one fate is Refused.
Reply combined_refusal(const RecipientStates& states);

}  // namespace sealgate::engine
