// SPDX-License-Identifier: Apache-2.0
//
// Finds out by trying in which ways a token decrypts and derives.
#pragma once

#include <vector>

#include "base/result.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/session.h"

namespace sealgate::hsm {

// Decrypts and derives what has a known answer, with one key of each type that may do it, and
// tells every key. Keys that want a login for each use are not tried, and get ways as the token
// lists them. Fails as management_error() where the token is lost meanwhile.
Result<void> find_ways(Session& session, CK_SLOT_ID slot, std::vector<TokenKey>& keys);

}  // namespace sealgate::hsm
