// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/execute_result.h"

#include "hsm/pkcs11/ck_outcome.h"

namespace sealgate::hsm {

ExecuteResult judge(PrivateKeyCalls& calls, const CallResult& call, KeyAction action) {
  ExecuteResult result{.rv = call.rv, .is_pin_refused = is_pin_refusal(call.rv)};
  switch (meaning_of(call.rv).meaning) {
    case CkClass::Ok:
      result.outcome = KeyOutcome::Done;
      break;
    case CkClass::InputRefused:
      // What the token has not seen it cannot refuse: it is the mechanism's parameters then.
      result.outcome = call.has_seen_input ? KeyOutcome::BadInput : KeyOutcome::KeyUnknown;
      break;
    case CkClass::KeyRefused:
      result.outcome = KeyOutcome::KeyUnknown;
      break;
    case CkClass::Busy:
      result.outcome = KeyOutcome::TokenUnavailable;
      break;
    case CkClass::Gone:
      result.outcome = KeyOutcome::TokenUnavailable;
      result.is_session_lost = true;
      break;
    case CkClass::Ambiguous: {
      result.is_session_lost = !calls.is_session_live();
      const bool is_input =
          action != KeyAction::SignDigest && call.has_seen_input && !result.is_session_lost;
      result.outcome = is_input ? KeyOutcome::BadInput : KeyOutcome::TokenUnavailable;
      break;
    }
  }
  return result;
}

}  // namespace sealgate::hsm
