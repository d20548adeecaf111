// SPDX-License-Identifier: Apache-2.0
//
// Sanitizer builds need system calls at exit that a sealed process has no use for.
#pragma once

namespace sealgate::app {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

}  // namespace sealgate::app
