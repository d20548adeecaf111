// SPDX-License-Identifier: Apache-2.0
//
// The true type of content, by libmagic.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

struct magic_set;

namespace sealgate::app {

class FileTypes {
 public:
  // Types are told from this much of the beginning; libmagic's own default.
  static constexpr std::size_t kBytesMax = 1024 * 1024;

  // Loads the database: no file is needed afterwards. Null when there is none.
  static std::unique_ptr<FileTypes> load();
  ~FileTypes();
  FileTypes(const FileTypes&) = delete;
  FileTypes& operator=(const FileTypes&) = delete;

  // A MIME type without parameters, lower case; "application/octet-stream" where libmagic knows
  // nothing better.
  std::string type_of(ByteView content);

 private:
  explicit FileTypes(magic_set* magic) : magic_(magic) {}

  magic_set* magic_;
};

}  // namespace sealgate::app
