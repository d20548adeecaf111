// SPDX-License-Identifier: Apache-2.0
//
// ContentScan takes one message apart, down to the members of archives in its attachments, and
// holds what it finds against the rules. It ends at the first reason to refuse.
//
// Everything it reads is hostile, and so are the libraries' bugs: it runs in a worker process.
// CPU time and memory are bounded by that process, all else here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/inspection/judgement.h"
#include "app/inspection/scan/archive_reader.h"
#include "app/inspection/scan/content_kind.h"
#include "app/inspection/scan/file_types.h"
#include "app/inspection/scan_protocol.h"
#include "base/bytes.h"
#include "engine/mime/structure.h"

namespace sealgate::app {

class ContentScan {
 public:
  // Requires: both outlive the scan.
  ContentScan(const ScanSettings& settings, FileTypes& types)
      : rules_(settings.rules), limits_(settings.limits), types_(types) {}

  // Clean or Refused. To be called once.
  Judgement run(ByteView message);

 private:
  // Why the message is refused; nothing where nothing was found.
  using Refusal = std::optional<std::string>;

  // An attachment, a text part or a member of an archive.
  struct Item {
    std::string label;  // "attachment x.zip", "a.exe in attachment x.zip".
    // Without folders. None for a part without one; two where a part names itself differently
    // in Content-Disposition and in Content-Type: either may be what its reader gets.
    std::vector<std::string> names;
    std::string declared;  // MIME type; "" for a member.
    ByteView content;
    std::uint32_t depth = 0;  // How many archives and messages it is inside of.
  };

  Refusal scan_message(ByteView message, const std::string& place, std::uint32_t depth);
  Refusal scan_part(const engine::mime::Structure& structure, std::uint32_t part, ByteView message,
                    const std::string& place, std::uint32_t depth);
  Refusal scan_item(const Item& item);
  Refusal check_names(const Item& item) const;
  Refusal check_type(const Item& item, const std::string& type) const;
  Refusal scan_archive(const Item& item, const std::string& type);
  Refusal scan_member(const Item& archive, const std::string& type, ArchiveReader& reader);
  static bool is_deceptive(const Item& item, ContentKind found);
  static bool claims_to_be_archive(const Item& item, const std::string& type);
  Refusal refuse_unreadable(const Item& item, const std::string& type) const;
  Refusal refuse_encrypted(const Item& item) const;
  Refusal refuse_depth(const Item& item) const;

  const ScanRules& rules_;
  const ScanLimits& limits_;
  FileTypes& types_;
  std::uint64_t members_ = 0;
  std::uint64_t unpacked_bytes_ = 0;
};

}  // namespace sealgate::app
