// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/archive_reader.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <utility>

#include "base/check.h"
#include "engine/mime/charset.h"
#include "engine/mime/header_text.h"

namespace sealgate::app {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;

// Only what libarchive does itself: some of its "all" start programs.
void support_filters(archive* reader) {
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_lzma(reader);
  archive_read_support_filter_lzip(reader);
  archive_read_support_filter_zstd(reader);
  archive_read_support_filter_lz4(reader);
  archive_read_support_filter_compress(reader);
}

void support_formats(archive* reader) {
  archive_read_support_format_zip(reader);
  archive_read_support_format_7zip(reader);
  archive_read_support_format_rar(reader);
  archive_read_support_format_rar5(reader);
  archive_read_support_format_tar(reader);
  archive_read_support_format_cab(reader);
  archive_read_support_format_iso9660(reader);
  archive_read_support_format_lha(reader);
  archive_read_support_format_cpio(reader);
  archive_read_support_format_ar(reader);
  archive_read_support_format_xar(reader);
}

// What a single packed file is called once it is unpacked: "invoice.exe.gz" -> "invoice.exe".
std::string unpacked_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kShort{
      {{".tgz", ".tar"}, {".tbz", ".tar"}, {".txz", ".tar"}}};
  for (const auto& [packed, unpacked] : kShort) {
    if (engine::mime::lower_ascii(name).ends_with(packed)) {
      return std::string(name.substr(0, name.size() - packed.size())) + std::string(unpacked);
    }
  }
  const std::size_t dot = name.rfind('.');
  return std::string(name.substr(0, dot));
}

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  if (name == nullptr) return {};
  const std::string_view raw(name);
  return engine::mime::is_utf8(raw) ? std::string(raw)
                                    : engine::mime::to_utf8(as_bytes(raw), "").text;
}

}  // namespace

ArchiveReader::ArchiveReader(ByteView content, std::string name)
    : content_(content), own_name_(std::move(name)) {
  open();
}

void ArchiveReader::open() {
  archive_read_free(archive_);
  archive_ = archive_read_new();
  SG_CHECK(archive_ != nullptr);
  support_filters(archive_);
  if (!is_raw_only_) support_formats(archive_);
  archive_read_support_format_raw(archive_);
  is_open_ = archive_read_open_memory(archive_, content_.data(), content_.size()) == ARCHIVE_OK;
}

ArchiveReader::~ArchiveReader() {
  archive_read_free(archive_);
}

ArchiveReader::Step ArchiveReader::failed() const {
  if (archive_read_has_encrypted_entries(archive_) > 0) return Step::Encrypted;
  return Step::Unreadable;
}

ArchiveReader::Step ArchiveReader::next() {
  if (!is_open_) return Step::NotAnArchive;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive_, &entry);
  const bool is_packed = archive_filter_code(archive_, 0) != ARCHIVE_FILTER_NONE;
  if (result == ARCHIVE_EOF && is_packed && !has_member_ && !is_raw_only_) {
    // Packed octets that begin with a kilobyte of zeros look like a tar archive without members.
    is_raw_only_ = true;
    open();
    return next();
  }
  if (result == ARCHIVE_EOF) return Step::End;
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return failed();
  const bool is_raw = archive_format(archive_) == ARCHIVE_FORMAT_RAW;
  if (is_raw && !is_packed) return Step::NotAnArchive;
  has_member_ = true;
  name_ = is_raw ? unpacked_name(own_name_) : name_of(entry);
  is_encrypted_ = archive_entry_is_encrypted(entry) != 0;
  return Step::Member;
}

ArchiveReader::Unpacked ArchiveReader::unpack(Bytes& to, std::uint64_t bytes_max) {
  for (;;) {
    const std::size_t before = to.size();
    to.resize(before + kBlockBytes);
    const la_ssize_t count = archive_read_data(archive_, to.data() + before, kBlockBytes);
    to.resize(before + static_cast<std::size_t>(std::max<la_ssize_t>(count, 0)));
    if (count == 0) return Unpacked::Whole;
    if (count < 0) {
      return archive_read_has_encrypted_entries(archive_) > 0 ? Unpacked::Encrypted
                                                              : Unpacked::Unreadable;
    }
    if (to.size() > bytes_max) return Unpacked::TooLarge;
  }
}

}  // namespace sealgate::app
