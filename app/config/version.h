// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sealgate::app {

// Of the project, from CMake.
inline constexpr const char* kVersion = SEALGATE_VERSION;

}  // namespace sealgate::app
