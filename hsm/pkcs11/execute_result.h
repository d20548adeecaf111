// SPDX-License-Identifier: Apache-2.0
//
// What became of one operation, and how that follows from what the token said.
#pragma once

#include <p11-kit/pkcs11.h>

#include "hsm/api/key_operation.h"
#include "hsm/pkcs11/private_key_calls.h"

namespace sealgate::hsm {

// The outcome, and whether the session is good for the next operation.
struct ExecuteResult {
  KeyOutcome outcome = KeyOutcome::TokenUnavailable;
  CK_RV rv = 0;
  bool is_session_lost = false;
  bool is_pin_refused = false;      // The context login of an always-authenticate key.
  bool is_signature_wrong = false;  // The token signed, and the signature does not verify.
};

// A general error can be a bad ciphertext (SoftHSM says nothing else) or a dying token. The
// session tells: where it is still there and logged in, the token lives and the input was bad.
// A digest of the right size cannot be bad, so a failed signature is always the token's.
ExecuteResult judge(PrivateKeyCalls& calls, const CallResult& call, KeyAction action);

}  // namespace sealgate::hsm
