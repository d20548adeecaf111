// SPDX-License-Identifier: Apache-2.0
//
// Whole small files: read with a limit, written so that a reader sees the old or the new one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "app/config/problem.h"

namespace sealgate::app {

// The content of the regular file `path`; nothing and one problem when it cannot be read or has
// more than `bytes_max` bytes.
std::optional<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                                     Problems& problems);

enum class Replace : std::uint8_t { Never, Always };

// Writes a file beside `path`, syncs it and renames it into place. False and one problem when
// that fails, also where the file exists and is not to be replaced.
bool write_file(const std::string& path, std::string_view content, mode_t mode, Replace replace,
                Problems& problems);

// The regular files in `directory` whose names end with one of `suffixes` and do not begin with a
// dot, sorted by name. An absent directory has none.
std::vector<std::string> files_in(const std::string& directory,
                                  const std::vector<std::string>& suffixes, Problems& problems);

}  // namespace sealgate::app
