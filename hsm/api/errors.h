// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong between Sealgate and its tokens. Error::detail() is the CK_RV.
#pragma once

#include "base/error.h"

namespace sealgate::hsm {

inline constexpr ErrorKind kModuleNotLoaded{
    ErrorClass::Misconfigured, "hsm.module_not_loaded",
    "The PKCS#11 module cannot be loaded; check `module` and that its package is installed."};

}  // namespace sealgate::hsm
