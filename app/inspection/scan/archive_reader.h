// SPDX-License-Identifier: Apache-2.0
//
// ArchiveReader lists and unpacks an archive in memory, by libarchive: zip, 7-Zip, RAR, tar, cab,
// ISO 9660, LHA, cpio, ar and xar, and what gzip, bzip2, xz, lzma, zstd, lz4 or compress packed.
// A single packed file is an archive with one member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

struct archive;

namespace sealgate::app {

class ArchiveReader {
 public:
  enum class Step : std::uint8_t {
    Member,
    End,
    NotAnArchive,  // Before the first member only.
    Encrypted,     // The list itself is.
    Unreadable,
  };

  // `name` is the archive's own, after which a single packed file is named. Requires: `content`
  // outlives the reader.
  ArchiveReader(ByteView content, std::string name);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  Step next();

  // Of the current member. Its name as UTF-8, with folders.
  const std::string& member_name() const { return name_; }
  bool is_member_encrypted() const { return is_encrypted_; }

  enum class Unpacked : std::uint8_t { Whole, TooLarge, Encrypted, Unreadable };
  // Appends the content of the current member to `to`, which ends with at most `bytes_max` octets.
  Unpacked unpack(Bytes& to, std::uint64_t bytes_max);

 private:
  void open();
  Step failed() const;

  archive* archive_ = nullptr;
  ByteView content_;
  std::string own_name_;
  std::string name_;
  bool is_encrypted_ = false;
  bool is_open_ = false;
  bool has_member_ = false;
  bool is_raw_only_ = false;
};

}  // namespace sealgate::app
