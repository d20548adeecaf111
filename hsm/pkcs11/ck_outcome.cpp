// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/ck_outcome.h"

#include <array>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

struct Row {
  CK_RV rv;
  CkMeaning meaning;
};

#define SG_CK_ROW(code, what) \
  Row {                       \
    code, {                   \
      CkClass::what, #code    \
    }                         \
  }

constexpr std::array kTable = {
    SG_CK_ROW(CKR_OK, Ok),
    // A session that has an operation in progress, or forgot the one we began, is out of step
    // with us: only a fresh one is trustworthy. A handle that vanished means that the token's
    // objects were read in an earlier life.
    SG_CK_ROW(CKR_OPERATION_ACTIVE, Gone),
    SG_CK_ROW(CKR_OPERATION_NOT_INITIALIZED, Gone),
    SG_CK_ROW(CKR_KEY_HANDLE_INVALID, Gone),
    SG_CK_ROW(CKR_OBJECT_HANDLE_INVALID, Gone),
    SG_CK_ROW(CKR_CRYPTOKI_NOT_INITIALIZED, Gone),
    SG_CK_ROW(CKR_DEVICE_REMOVED, Gone),
    SG_CK_ROW(CKR_SESSION_CLOSED, Gone),
    SG_CK_ROW(CKR_SESSION_HANDLE_INVALID, Gone),
    SG_CK_ROW(CKR_SLOT_ID_INVALID, Gone),
    SG_CK_ROW(CKR_TOKEN_NOT_PRESENT, Gone),
    SG_CK_ROW(CKR_TOKEN_NOT_RECOGNIZED, Gone),
    SG_CK_ROW(CKR_USER_NOT_LOGGED_IN, Gone),
    // A PIN that is refused for the use of one key ends the login for all.
    SG_CK_ROW(CKR_PIN_INCORRECT, Gone),
    SG_CK_ROW(CKR_PIN_INVALID, Gone),
    SG_CK_ROW(CKR_PIN_LEN_RANGE, Gone),
    SG_CK_ROW(CKR_PIN_EXPIRED, Gone),
    SG_CK_ROW(CKR_PIN_LOCKED, Gone),
    SG_CK_ROW(CKR_USER_PIN_NOT_INITIALIZED, Gone),

    SG_CK_ROW(CKR_CANCEL, Busy),
    SG_CK_ROW(CKR_CANT_LOCK, Busy),
    SG_CK_ROW(CKR_DEVICE_MEMORY, Busy),
    SG_CK_ROW(CKR_FUNCTION_CANCELED, Busy),
    SG_CK_ROW(CKR_FUNCTION_REJECTED, Busy),
    SG_CK_ROW(CKR_HOST_MEMORY, Busy),
    SG_CK_ROW(CKR_MUTEX_BAD, Busy),
    SG_CK_ROW(CKR_MUTEX_NOT_LOCKED, Busy),
    SG_CK_ROW(CKR_RANDOM_NO_RNG, Busy),
    SG_CK_ROW(CKR_SESSION_COUNT, Busy),
    SG_CK_ROW(CKR_SESSION_READ_ONLY_EXISTS, Busy),
    SG_CK_ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, Busy),
    SG_CK_ROW(CKR_USER_TOO_MANY_TYPES, Busy),

    SG_CK_ROW(CKR_ATTRIBUTE_SENSITIVE, KeyRefused),
    SG_CK_ROW(CKR_ATTRIBUTE_TYPE_INVALID, KeyRefused),
    SG_CK_ROW(CKR_ATTRIBUTE_VALUE_INVALID, KeyRefused),
    SG_CK_ROW(CKR_BUFFER_TOO_SMALL, KeyRefused),
    SG_CK_ROW(CKR_FUNCTION_NOT_SUPPORTED, KeyRefused),
    SG_CK_ROW(CKR_KEY_CHANGED, KeyRefused),
    SG_CK_ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, KeyRefused),
    SG_CK_ROW(CKR_KEY_NEEDED, KeyRefused),
    SG_CK_ROW(CKR_KEY_NOT_NEEDED, KeyRefused),
    SG_CK_ROW(CKR_KEY_NOT_WRAPPABLE, KeyRefused),
    SG_CK_ROW(CKR_KEY_SIZE_RANGE, KeyRefused),
    SG_CK_ROW(CKR_KEY_TYPE_INCONSISTENT, KeyRefused),
    SG_CK_ROW(CKR_KEY_UNEXTRACTABLE, KeyRefused),
    SG_CK_ROW(CKR_MECHANISM_INVALID, KeyRefused),
    SG_CK_ROW(CKR_MECHANISM_PARAM_INVALID, KeyRefused),
    SG_CK_ROW(CKR_SESSION_READ_ONLY, KeyRefused),
    SG_CK_ROW(CKR_TEMPLATE_INCOMPLETE, KeyRefused),
    SG_CK_ROW(CKR_TEMPLATE_INCONSISTENT, KeyRefused),
    SG_CK_ROW(CKR_TOKEN_WRITE_PROTECTED, KeyRefused),
    SG_CK_ROW(CKR_USER_TYPE_INVALID, KeyRefused),

    SG_CK_ROW(CKR_ARGUMENTS_BAD, InputRefused),
    SG_CK_ROW(CKR_DATA_INVALID, InputRefused),
    SG_CK_ROW(CKR_DATA_LEN_RANGE, InputRefused),
    SG_CK_ROW(CKR_DOMAIN_PARAMS_INVALID, InputRefused),
    SG_CK_ROW(CKR_ENCRYPTED_DATA_INVALID, InputRefused),
    SG_CK_ROW(CKR_ENCRYPTED_DATA_LEN_RANGE, InputRefused),
    SG_CK_ROW(CKR_SIGNATURE_INVALID, InputRefused),
    SG_CK_ROW(CKR_SIGNATURE_LEN_RANGE, InputRefused),
    SG_CK_ROW(CKR_WRAPPED_KEY_INVALID, InputRefused),
    SG_CK_ROW(CKR_WRAPPED_KEY_LEN_RANGE, InputRefused),

    SG_CK_ROW(CKR_DEVICE_ERROR, Ambiguous),
    SG_CK_ROW(CKR_FUNCTION_FAILED, Ambiguous),
    SG_CK_ROW(CKR_GENERAL_ERROR, Ambiguous),
};

#undef SG_CK_ROW

}  // namespace

CkMeaning meaning_of(CK_RV rv) {
  for (const Row& row : kTable) {
    if (row.rv == rv) return row.meaning;
  }
  return {CkClass::Ambiguous, "CKR (not in PKCS#11 2.40)"};
}

Error management_error(CK_RV rv, SourceLocation where) {
  const auto detail = static_cast<std::int64_t>(rv);
  switch (rv) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      return Error(kPinIncorrect, detail, where);
    case CKR_PIN_LOCKED:
      return Error(kPinLocked, detail, where);
    case CKR_PIN_EXPIRED:
      return Error(kPinExpired, detail, where);
    case CKR_USER_PIN_NOT_INITIALIZED:
      return Error(kPinNotInitialized, detail, where);
    case CKR_SESSION_COUNT:
      return Error(kTokenSessionsExhausted, detail, where);
    default:
      return Error(kTokenUnavailable, detail, where);
  }
}

}  // namespace sealgate::hsm
