// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/file_types.h"

#include <algorithm>
#include <magic.h>

#include "engine/mime/header_text.h"

namespace sealgate::app {
namespace {

// libmagic compiles its patterns when it first needs them, which takes milliseconds: better before
// a process is copied for each message than in each copy.
constexpr std::string_view kSamples[] = {"Dear reader,\r\n\r\nthis is text.\r\n",
                                         "\x01\x80\xff\x02\x03\x04\x05\x06\x07\x08"};

}  // namespace

std::unique_ptr<FileTypes> FileTypes::load() {
  magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
  if (magic == nullptr) return nullptr;
  std::unique_ptr<FileTypes> types(new FileTypes(magic));
  if (magic_load(magic, nullptr) != 0) return nullptr;
  for (const std::string_view sample : kSamples) types->type_of(as_bytes(sample));
  return types;
}

FileTypes::~FileTypes() {
  magic_close(magic_);
}

std::string FileTypes::type_of(ByteView content) {
  const ByteView start = content.first(std::min(content.size(), kBytesMax));
  const char* const type = magic_buffer(magic_, start.data(), start.size());
  return type == nullptr ? "application/octet-stream" : engine::mime::lower_ascii(type);
}

}  // namespace sealgate::app
