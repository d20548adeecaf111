// SPDX-License-Identifier: Apache-2.0
//
// PrivateKeyCalls makes the PKCS#11 calls of one private-key operation on one session, and does
// not judge what comes back.
//
// Threading: belongs to the thread of its session.
#pragma once

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/mechanism.h"
#include "hsm/pkcs11/pin.h"

namespace sealgate::hsm {

struct CallResult {
  CK_RV rv = CKR_OK;
  // Whether the token had been given the input when it answered: a refusal before that does not
  // depend on it.
  bool has_seen_input = false;
  std::size_t size = 0;  // Of the output.
};

class PrivateKeyCalls {
 public:
  // `pin` is for keys that want a login for each use; may be null. Both outlive this object.
  PrivateKeyCalls(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, Pin* pin)
      : functions_(&functions), session_(session), pin_(pin) {}

  CallResult sign(const TokenKey& key, MechanismCall& mechanism, ByteView text, MutableBytes to);
  CallResult decrypt(const TokenKey& key, MechanismCall& mechanism, ByteView input,
                     MutableBytes to);
  // ECDH without key derivation: the shared secret, `size` bytes.
  CallResult derive(const TokenKey& key, ByteView peer_point, std::size_t size, MutableBytes to);

  // Whether the session is there and logged in.
  bool is_session_live();

 private:
  CK_RV log_in_for_use(const TokenKey& key);

  CK_FUNCTION_LIST* functions_;
  CK_SESSION_HANDLE session_;
  Pin* pin_;
};

}  // namespace sealgate::hsm
