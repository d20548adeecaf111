// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/content_scan.h"

#include <algorithm>
#include <utility>

#include "engine/mime/body_text.h"
#include "engine/mime/header_text.h"
#include "engine/mime/reader.h"
#include "engine/policy/glob.h"

namespace sealgate::app {
namespace {

using engine::mime::Part;
using engine::mime::Structure;

constexpr std::size_t kFeedBytes = 256 * 1024;
constexpr std::size_t kShownNameBytesMax = 120;

// Without folders, whichever way they are written, and without what Windows ignores at the end.
std::string base_name(std::string_view path) {
  while (!path.empty() && (path.back() == ' ' || path.back() == '.')) path.remove_suffix(1);
  const std::size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string shown(std::string_view name) {
  return printable(name.substr(0, kShownNameBytesMax));
}

const std::string* matching(const std::vector<std::string>& globs, std::string_view text) {
  const auto found = std::find_if(globs.begin(), globs.end(), [&](const std::string& glob) {
    return engine::policy::fits_glob(text, glob);
  });
  return found == globs.end() ? nullptr : &*found;
}

// The content of a leaf: in place, or in `room` where it is encoded.
ByteView decode(const Part& part, ByteView message, Bytes& room) {
  using engine::mime::TransferEncoding;
  const ByteView body = message.subspan(part.body.offset, part.body.length);
  if (part.encoding != TransferEncoding::Base64 &&
      part.encoding != TransferEncoding::QuotedPrintable) {
    return body;
  }
  engine::mime::BodyDecoder decoder(part.encoding);
  decoder.update(body, room);
  decoder.finish(room);
  return room;
}

std::vector<std::string> names_of(const Structure& structure, std::uint32_t part) {
  const std::string disposed = structure.attachment_name(part);
  const std::string_view typed = structure.part(part).type.parameter("name").value_or("");
  std::vector<std::string> names;
  for (const std::string_view name : {std::string_view(disposed), typed}) {
    std::string base = base_name(name);
    if (!base.empty() && (names.empty() || names.front() != base)) names.push_back(std::move(base));
  }
  return names;
}

bool is_beyond_limits(const Structure& structure) {
  using engine::FindingKind;
  return structure.has_finding(FindingKind::HeaderTooLarge) ||
         structure.has_finding(FindingKind::TooManyParts) ||
         structure.has_finding(FindingKind::TooDeep);
}

// By what its reader will open it with.
bool is_message(std::string_view declared, const std::vector<std::string>& names) {
  if (declared == "message/rfc822" || declared == "message/global") return true;
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const std::string lower = engine::mime::lower_ascii(name);
    return lower.ends_with(".eml") || lower.ends_with(".mht") || lower.ends_with(".mhtml");
  });
}

}  // namespace

Judgement ContentScan::run(ByteView message) {
  Refusal refusal = scan_message(message, "", 0);
  if (refusal) return Judgement{Outcome::Refused, printable(*refusal), false};
  return Judgement{Outcome::Clean, "", false};
}

ContentScan::Refusal ContentScan::scan_message(ByteView message, const std::string& place,
                                               std::uint32_t depth) {
  engine::mime::Reader reader;
  for (ByteView rest = message; !rest.empty();) {
    const ByteView piece = rest.first(std::min(rest.size(), kFeedBytes));
    if (!reader.feed(piece)) return "the message is larger than can be read";
    rest = rest.subspan(piece.size());
  }
  const Structure structure = reader.finish();
  if (is_beyond_limits(structure)) {
    return (place.empty() ? "the message" : place) +
           " has too many parts, too deep parts or too large a header to be taken apart";
  }
  for (std::uint32_t i = 0; i < structure.parts().size(); ++i) {
    if (!structure.part(i).is_leaf()) continue;
    Refusal refusal = scan_part(structure, i, message, place, depth);
    if (refusal) return refusal;
  }
  return std::nullopt;
}

ContentScan::Refusal ContentScan::scan_part(const Structure& structure, std::uint32_t part,
                                            ByteView message, const std::string& place,
                                            std::uint32_t depth) {
  Bytes room;
  Item item;
  item.names = names_of(structure, part);
  item.declared = structure.part(part).type.name();
  item.label = item.names.empty()
                   ? "part " + std::to_string(part) + ", " + shown(item.declared) + ","
                   : "attachment " + shown(item.names.front());
  if (!place.empty()) item.label += " in " + place;
  item.content = decode(structure.part(part), message, room);
  item.depth = depth;
  return scan_item(item);
}

ContentScan::Refusal ContentScan::scan_item(const Item& item) {
  if (Refusal refusal = check_names(item)) return refusal;
  const std::string type = types_.type_of(item.content);
  if (Refusal refusal = check_type(item, type)) return refusal;
  if (is_message(item.declared, item.names)) {
    if (item.depth >= limits_.depth_max) return refuse_depth(item);
    return scan_message(item.content, item.label, item.depth + 1);
  }
  return scan_archive(item, type);
}

ContentScan::Refusal ContentScan::check_names(const Item& item) const {
  for (const std::string& name : item.names) {
    const std::string* const glob = matching(rules_.forbidden_names, name);
    if (glob != nullptr) return item.label + " has a forbidden name (" + *glob + ")";
  }
  return std::nullopt;
}

ContentScan::Refusal ContentScan::check_type(const Item& item, const std::string& type) const {
  if (matching(rules_.forbidden_types, type) != nullptr) {
    return item.label + " is " + describe_type(type);
  }
  if (!rules_.refuses_type_mismatch || !is_deceptive(item, kind_of_type(type))) return std::nullopt;
  return item.label + " is " + describe_type(type) + " under another name";
}

bool ContentScan::is_deceptive(const Item& item, ContentKind found) {
  bool has_known_name = false;
  for (const std::string& name : item.names) {
    const ContentKind named = kind_of_name(name);
    if (contradicts(named, found)) return true;
    has_known_name = has_known_name || named != ContentKind::Unknown;
  }
  // Plain text without a name is taken for many things by its first words, but not for a program.
  return !has_known_name && found == ContentKind::Program &&
         contradicts(kind_of_type(item.declared), found);
}

bool ContentScan::claims_to_be_archive(const Item& item, const std::string& type) {
  if (kind_of_type(item.declared) == ContentKind::Archive) return true;
  if (item.names.empty() && item.declared.starts_with("text/"))
    return false;  // It is read as text.
  return kind_of_type(type) == ContentKind::Archive ||
         std::any_of(item.names.begin(), item.names.end(), [](const std::string& name) {
           return kind_of_name(name) == ContentKind::Archive;
         });
}

ContentScan::Refusal ContentScan::scan_archive(const Item& item, const std::string& type) {
  ArchiveReader reader(item.content, item.names.empty() ? "" : item.names.front());
  for (;;) {
    switch (reader.next()) {
      case ArchiveReader::Step::Member:
        if (item.depth >= limits_.depth_max) return refuse_depth(item);
        if (Refusal refusal = scan_member(item, type, reader)) return refusal;
        break;
      case ArchiveReader::Step::End:
        return std::nullopt;
      case ArchiveReader::Step::Encrypted:
        return refuse_encrypted(item);
      case ArchiveReader::Step::NotAnArchive:
      case ArchiveReader::Step::Unreadable:
        return refuse_unreadable(item, type);
    }
  }
}

ContentScan::Refusal ContentScan::scan_member(const Item& archive, const std::string& type,
                                              ArchiveReader& reader) {
  if (++members_ > limits_.members_max) {
    return archive.label + " has more than " + std::to_string(limits_.members_max) +
           " members, counted over the whole message";
  }
  Item member;
  member.names = {base_name(reader.member_name())};
  member.label = shown(member.names.front()) + " in " + archive.label;
  member.depth = archive.depth + 1;
  if (Refusal refusal = check_names(member)) return refusal;
  if (reader.is_member_encrypted()) return refuse_encrypted(archive);

  Bytes content;
  const auto unpacked = reader.unpack(content, limits_.unpacked_bytes_max - unpacked_bytes_);
  switch (unpacked) {
    case ArchiveReader::Unpacked::Whole:
      break;
    case ArchiveReader::Unpacked::TooLarge:
      return archive.label + " unpacks to more than " + std::to_string(limits_.unpacked_bytes_max) +
             " octets, counted over the whole message";
    case ArchiveReader::Unpacked::Encrypted:
      return refuse_encrypted(archive);
    case ArchiveReader::Unpacked::Unreadable:
      return refuse_unreadable(archive, type);
  }
  unpacked_bytes_ += content.size();
  member.content = content;
  return scan_item(member);
}

ContentScan::Refusal ContentScan::refuse_unreadable(const Item& item,
                                                    const std::string& type) const {
  if (!rules_.refuses_unreadable_archives || !claims_to_be_archive(item, type)) {
    return std::nullopt;
  }
  return item.label + " is an archive that cannot be taken apart";
}

ContentScan::Refusal ContentScan::refuse_encrypted(const Item& item) const {
  if (!rules_.refuses_encrypted_archives) return std::nullopt;
  return item.label + " is an encrypted archive";
}

ContentScan::Refusal ContentScan::refuse_depth(const Item& item) const {
  return item.label + " is nested deeper than " + std::to_string(limits_.depth_max) +
         " archives or messages";
}

}  // namespace sealgate::app
