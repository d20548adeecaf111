// SPDX-License-Identifier: Apache-2.0
//
// What a client is told when a message cannot go on.
#pragma once

#include "base/error.h"
#include "engine/api/mail_io.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine {

// By the error's class (design: errors); a few kinds have a better enhanced code of their own.
Reply reply_for(const Error& error);

// Requires: outcome is not Done.
Reply reply_for(hsm::KeyOutcome outcome);

}  // namespace sealgate::engine
