// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/pin.h"

namespace sealgate::hsm {

bool is_pin_refusal(CK_RV rv) {
  return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
         rv == CKR_PIN_EXPIRED || rv == CKR_PIN_LOCKED || rv == CKR_USER_PIN_NOT_INITIALIZED;
}

CK_RV Pin::log_in(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, CK_USER_TYPE user) {
  const std::lock_guard lock(mutex_);
  if (refusal_ != CKR_OK) return refusal_;
  const MutableBytes pin = secret_.reveal();
  const CK_RV rv = functions.C_Login(session, user, pin.data(), static_cast<CK_ULONG>(pin.size()));
  if (is_pin_refusal(rv)) refusal_ = rv;
  return rv;
}

bool Pin::is_refused() const {
  const std::lock_guard lock(mutex_);
  return refusal_ != CKR_OK;
}

}  // namespace sealgate::hsm
