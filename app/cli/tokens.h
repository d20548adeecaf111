// SPDX-License-Identifier: Apache-2.0
//
// Tokens as the command line uses them: one at a time, waiting for each.
#pragma once

#include <memory>
#include <vector>

#include "app/config/node_config.h"
#include "hsm/pkcs11/token.h"

namespace sealgate::app {

// Loads the module and logs in. A refused PIN is tried once.
Result<std::unique_ptr<hsm::Token>> open_token(const hsm::TokenSettings& settings);

// "hsm.pin_incorrect: The token refused ... (CKR 160)": what an operator is told.
std::string explain_error(const Error& error);

}  // namespace sealgate::app
