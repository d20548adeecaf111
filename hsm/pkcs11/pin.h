// SPDX-License-Identifier: Apache-2.0
//
// Pin is the PIN of one token, shared by its sessions: whoever sends it, a refusal ends its use.
//
// Threading: any thread. Logins go one at a time, so that a wrong PIN costs one try however many
// lanes want to use it.
#pragma once

#include <mutex>
#include <utility>

#include <p11-kit/pkcs11.h>

#include "base/secret.h"

namespace sealgate::hsm {

class Pin {
 public:
  explicit Pin(SecretBytes secret) : secret_(std::move(secret)) {}

  // C_Login as `user`; what the token said. Once refused, the first refusal again, without
  // asking the token.
  CK_RV log_in(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, CK_USER_TYPE user);

  bool is_refused() const;

 private:
  mutable std::mutex mutex_;
  SecretBytes secret_;
  CK_RV refusal_ = CKR_OK;
};

// The codes that are about the PIN itself.
bool is_pin_refusal(CK_RV rv);

}  // namespace sealgate::hsm
