// SPDX-License-Identifier: Apache-2.0
//
// SG_CHECK ends the process when an invariant of ours is broken, in release builds too:
// a restart is cheap, wrong mail is not. Never use it on input from outside.
#pragma once

#include "base/source_location.h"

namespace sealgate {

[[noreturn]] void fail_check(const char* condition, SourceLocation where);

}  // namespace sealgate

#define SG_CHECK(condition)                                                      \
  do {                                                                           \
    if (!(condition)) [[unlikely]] {                                             \
      ::sealgate::fail_check(#condition, ::sealgate::SourceLocation::current()); \
    }                                                                            \
  } while (false)
