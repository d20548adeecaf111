// SPDX-License-Identifier: Apache-2.0
//
// Reads a PIN from a file that only the service may read.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sealgate::hsm {

inline constexpr std::size_t kPinBytesMax = 255;

// The file's one line, without its line end. Fails with kPinFileUnreadable, kPinFileExposed
// (others may read or write it) or kPinFileInvalid (empty, several lines, NUL, too long).
Result<SecretBytes> read_pin_file(const std::string& path);

}  // namespace sealgate::hsm
