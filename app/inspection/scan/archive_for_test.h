// SPDX-License-Identifier: Apache-2.0
//
// For tests: archives in memory, and what is in them.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace sealgate::app {

struct TestMember {
  std::string name;
  std::string content;
};

using SetFormat = int (*)(archive*);

// `options` as archive_write_set_options() takes them; "" for none.
inline std::string make_archive(const std::vector<TestMember>& members, SetFormat format,
                                SetFormat filter, const char* options) {
  archive* writer = archive_write_new();
  SG_CHECK(format(writer) == ARCHIVE_OK && filter(writer) == ARCHIVE_OK);
  SG_CHECK(archive_write_set_options(writer, options) == ARCHIVE_OK);
  archive_write_set_passphrase(writer, "secret");
  std::size_t size = 1U << 20U;
  for (const TestMember& member : members) size += 2 * member.content.size() + 2048;
  std::string bytes(size, '\0');
  std::size_t used = 0;
  SG_CHECK(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
  for (const TestMember& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, member.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    SG_CHECK(archive_write_header(writer, entry) == ARCHIVE_OK);
    SG_CHECK(archive_write_data(writer, member.content.data(), member.content.size()) ==
             static_cast<la_ssize_t>(member.content.size()));
    archive_entry_free(entry);
  }
  SG_CHECK(archive_write_close(writer) == ARCHIVE_OK);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

struct TestFormat {
  const char* name;
  SetFormat format;
  SetFormat filter;
};

inline constexpr TestFormat kTestFormats[] = {
    {"a.zip", archive_write_set_format_zip, archive_write_add_filter_none},
    {"a.7z", archive_write_set_format_7zip, archive_write_add_filter_none},
    {"a.tar", archive_write_set_format_pax_restricted, archive_write_add_filter_none},
    {"a.tar.gz", archive_write_set_format_pax_restricted, archive_write_add_filter_gzip},
    {"a.tar.xz", archive_write_set_format_ustar, archive_write_add_filter_xz},
    {"a.tar.bz2", archive_write_set_format_gnutar, archive_write_add_filter_bzip2},
    {"a.tar.zst", archive_write_set_format_ustar, archive_write_add_filter_zstd},
    {"a.tar.lz4", archive_write_set_format_ustar, archive_write_add_filter_lz4},
    {"a.tar.lzma", archive_write_set_format_ustar, archive_write_add_filter_lzma},
    {"a.tar.lz", archive_write_set_format_ustar, archive_write_add_filter_lzip},
    {"a.tar.Z", archive_write_set_format_ustar, archive_write_add_filter_compress},
    {"a.iso", archive_write_set_format_iso9660, archive_write_add_filter_none},
    {"a.cpio", archive_write_set_format_cpio_newc, archive_write_add_filter_none},
    {"a.ar", archive_write_set_format_ar_svr4, archive_write_add_filter_none},
    {"a.xar", archive_write_set_format_xar, archive_write_add_filter_none},
};

inline std::string make_zip(const std::vector<TestMember>& members, const char* options = "") {
  return make_archive(members, archive_write_set_format_zip, archive_write_add_filter_none,
                      options);
}

inline std::string make_gzip(const std::string& content) {
  return make_archive({{"x", content}}, archive_write_set_format_raw, archive_write_add_filter_gzip,
                      "");
}

// What libmagic takes for a Windows program: a DOS header, and a PE header where it points to.
inline std::string windows_program() {
  std::string bytes(1024, '\0');
  bytes.replace(0, 2, "MZ");
  bytes[0x18] = 0x40;
  bytes[0x3c] = static_cast<char>(0x80);
  bytes.replace(0x80, 4, std::string_view("PE\0\0", 4));
  bytes[0x84] = 0x64;  // Machine: x86-64.
  bytes[0x85] = static_cast<char>(0x86);
  bytes[0x86] = 1;
  bytes[0x94] = static_cast<char>(0xf0);
  bytes[0x96] = 0x22;
  bytes[0x98] = 0x0b;  // PE32+.
  bytes[0x99] = 0x02;
  bytes[0xdc] = 2;  // Subsystem: GUI.
  return bytes;
}

inline std::string pdf_document() {
  return "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";
}

}  // namespace sealgate::app
