// SPDX-License-Identifier: Apache-2.0
//
// Makes a key pair on a token.
#pragma once

#include <p11-kit/pkcs11.h>

#include "base/result.h"
#include "hsm/api/key_spec.h"

namespace sealgate::hsm {

// Requires: `session` may write and is logged in, and no other thread generates keys on the
// token. Fails with kKeySpecInvalid, kKeyNotGenerated or as management_error().
Result<void> generate_on_token(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                               const KeySpec& spec);

}  // namespace sealgate::hsm
