// SPDX-License-Identifier: Apache-2.0
//
// The one place where a CK_RV gets its meaning.
#pragma once

#include <cstdint>
#include <string_view>

#include <p11-kit/pkcs11.h>

#include "base/error.h"

namespace sealgate::hsm {

enum class CkClass : std::uint8_t {
  Ok,
  InputRefused,  // This input cannot succeed with this key and mechanism, on any day.
  KeyRefused,    // The key or its attributes do not allow it.
  Busy,          // The token cannot now; its session is still good.
  Gone,          // Token, session or login are lost: they have to be opened again.
  Ambiguous,     // General failures. Some tokens say so for a bad input, some when they die.
};

struct CkMeaning {
  CkClass meaning;
  std::string_view name;  // "CKR_DEVICE_REMOVED".
};

// Codes not in the table, vendor codes among them, are Ambiguous.
CkMeaning meaning_of(CK_RV rv);

// The error for a failed management call (open, enumerate, generate).
Error management_error(CK_RV rv, SourceLocation where = SourceLocation::current());

}  // namespace sealgate::hsm
