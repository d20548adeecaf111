// SPDX-License-Identifier: Apache-2.0
//
// What the process gives up: core dumps and debuggers first, its user once sockets are open and
// tokens are logged in, swap for its memory.
#pragma once

#include <string>

#include "app/config/problem.h"

namespace sealgate::app {

// No core dumps, no debugger, no more rights by exec. To be called before a PIN is read.
void harden_process();

// Becomes `user` with its groups for good. Nothing happens for "". False with a problem when the
// user does not exist or the process is not root and not this user.
bool become_user(const std::string& user, Problems& problems);

// Raises RLIMIT_MEMLOCK as far as it goes: to be called as root, before become_user().
void raise_memory_lock_limit();

// Locks what is and will be used into memory. False, and nothing is locked, where the limit does
// not allow it.
bool lock_memory();

}  // namespace sealgate::app
