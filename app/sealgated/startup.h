// SPDX-License-Identifier: Apache-2.0
//
// The checks that decide whether sealgated may start or a reload may be taken. A start that
// cannot work ends with an exit code of sysexits.h and a sentence that says what to do.
#pragma once

#include <memory>
#include <string>

#include "app/config/node_config.h"
#include "app/config/problem.h"
#include "engine/api/snapshot.h"
#include "hsm/dispatch/dispatcher.h"

namespace sealgate::app {

struct StartFailure {
  int exit_code = 0;  // sysexits.h.
  Problems problems;
};

// Loads the modules and logs in, once. A token that is away is no failure.
Result<std::unique_ptr<hsm::Dispatcher>> open_tokens(const NodeConfig& config);

// Whether the tokens let us start: a refused PIN and a wrong configuration do not. Appends to
// `failure` and returns false then.
bool check_tokens(const NodeConfig& config, const hsm::Dispatcher& dispatcher,
                  StartFailure& failure);

// Identities whose private key is in no token. A problem where every token is there; where one
// is away, the key may be on it: then only logged.
Problems missing_keys(const engine::Snapshot& snapshot, const hsm::Dispatcher& dispatcher);

// Logs a warning for each retired certificate whose private key is in no token: mail sealed to it
// stays closed, all else works.
void warn_of_missing_retired_keys(const engine::Snapshot& snapshot,
                                  const hsm::Dispatcher& dispatcher);

// The exit code for an error of this class.
int exit_code_for(const Error& error);

}  // namespace sealgate::app
