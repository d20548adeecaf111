// SPDX-License-Identifier: Apache-2.0
//
// The part of Reader that begins and ends parts; what lines are is decided in reader.cpp.
#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "engine/mime/address.h"
#include "engine/mime/header_text.h"
#include "engine/mime/reader.h"

namespace sealgate::engine::mime {
namespace {

TransferEncoding parse_transfer_encoding(std::string_view raw, bool& is_named) {
  const std::string token = parse_parameterized(raw).token;
  is_named = true;
  if (token == "7bit" || token.empty()) return TransferEncoding::SevenBit;
  if (token == "8bit") return TransferEncoding::EightBit;
  if (token == "binary") return TransferEncoding::Binary;
  if (token == "quoted-printable") return TransferEncoding::QuotedPrintable;
  if (token == "base64") return TransferEncoding::Base64;
  is_named = false;
  if (token == "7-bit" || token == "7bits") return TransferEncoding::SevenBit;
  if (token == "8-bit" || token == "8bits") return TransferEncoding::EightBit;
  return TransferEncoding::Unknown;
}

bool is_single_field(std::string_view name) {
  static constexpr std::string_view kSingle[] = {"from",
                                                 "sender",
                                                 "reply-to",
                                                 "to",
                                                 "cc",
                                                 "bcc",
                                                 "subject",
                                                 "date",
                                                 "message-id",
                                                 "in-reply-to",
                                                 "references",
                                                 "mime-version",
                                                 "content-type",
                                                 "content-id",
                                                 "content-transfer-encoding",
                                                 "content-disposition",
                                                 "content-description"};
  return std::find(std::begin(kSingle), std::end(kSingle), name) != std::end(kSingle);
}

}  // namespace

void Reader::begin_part(std::uint32_t parent, Span delimiter, std::uint64_t offset) {
  const auto index = static_cast<std::uint32_t>(structure_.parts_.size());
  Part part;
  part.parent = parent;
  part.delimiter = delimiter;
  part.whole.offset = part.header.offset = part.body.offset = offset;
  part.first_field = static_cast<std::uint32_t>(structure_.fields_.size());
  if (parent != kNoPart) {
    Part& owner = structure_.parts_[parent];
    part.depth = owner.depth + 1;
    std::uint32_t& before = last_child_[parent];
    (before == kNoPart ? owner.first_child : structure_.parts_[before].next_sibling) = index;
    before = index;
    // RFC 2046, 5.1.5.
    if (owner.type.is("multipart", "digest")) {
      part.type = MediaType{.type = "message", .subtype = "rfc822", .parameters = {}};
    }
  }
  structure_.parts_.push_back(std::move(part));
  structure_.header_index_.push_back({.offset = offset, .at = structure_.header_text_.size()});
  last_child_.push_back(kNoPart);
  reported_.push_back(0);
  current_ = index;
  state_ = State::Header;
}

void Reader::end_header(std::uint64_t body_offset) {
  structure_.parts_[current_].body.offset = body_offset;
  state_ = State::Body;
  read_header(current_);
  begin_body(current_);
}

void Reader::read_header(std::uint32_t index) {
  Part& part = structure_.parts_[index];
  std::vector<std::string> single;
  for (std::uint32_t i = 0; i < part.field_count; ++i) {
    HeaderField& field = structure_.fields_[part.first_field + i];
    const std::string_view text = structure_.text(field.whole);
    const std::size_t colon = text.find(':');
    const std::size_t name_end =
        colon == std::string_view::npos ? 0 : text.find_last_not_of(" \t", colon - 1) + 1;
    // The "From " line of an mbox has a blank where a name has none.
    if (name_end == 0 || text.substr(0, name_end).find(' ') != std::string_view::npos) {
      field.value = field.whole;
      continue;
    }
    field.name = {field.whole.offset, name_end};
    std::size_t end = text.size();
    if (end > colon + 1 && text[end - 1] == '\n') --end;
    if (end > colon + 1 && text[end - 1] == '\r') --end;
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n", colon + 1), end);
    field.value = {field.whole.offset + begin, end - begin};

    const std::string name = lower_ascii(text.substr(0, name_end));
    if (!is_single_field(name)) continue;
    if (std::find(single.begin(), single.end(), name) != single.end()) {
      report(FindingKind::FieldRepeated, index);
    } else {
      single.push_back(name);
    }
  }
  read_type(index);
}

void Reader::read_type(std::uint32_t index) {
  Part& part = structure_.parts_[index];
  if (is_header_cut_) {
    is_header_cut_ = false;
    part.type = MediaType{.type = "application", .subtype = "octet-stream", .parameters = {}};
    return;
  }
  if (const HeaderField* field = structure_.find(index, "content-type", 0); field != nullptr) {
    if (auto type = parse_media_type(structure_.value(*field))) {
      part.type = std::move(*type);
    } else {
      report(FindingKind::ContentTypeMalformed, index);
      part.type = MediaType();
    }
  }
  if (const HeaderField* field = structure_.find(index, "content-transfer-encoding", 0);
      field != nullptr) {
    bool is_named = true;
    part.encoding = parse_transfer_encoding(structure_.value(*field), is_named);
    if (!is_named) report(FindingKind::EncodingUnknown, index);
  }
}

void Reader::begin_body(std::uint32_t index) {
  const Part& part = structure_.parts_[index];
  const bool is_encoded = part.encoding == TransferEncoding::Base64 ||
                          part.encoding == TransferEncoding::QuotedPrintable;
  const bool is_message = part.type.is("message", "rfc822") || part.type.is("message", "global");
  if (!part.type.is_multipart() && (!is_message || is_encoded)) return;
  std::string boundary;
  if (part.type.is_multipart()) {
    if (is_encoded) report(FindingKind::EncodingOnMultipart, index);
    boundary = part.type.parameter("boundary").value_or("");
    // RFC 2046, 5.1.1: a boundary never ends with a blank.
    boundary.erase(boundary.find_last_not_of(" \t") + 1);
    if (boundary.empty() || boundary.size() > kBoundaryBytesMax) {
      report(FindingKind::BoundaryMissing, index);
      return;
    }
  }
  if (part.depth == kPartDepthMax) {
    report(FindingKind::TooDeep, index);
    return;
  }
  if (part.type.is_multipart()) {
    open_.push_back({.part = index, .boundary = std::move(boundary), .is_closed = false});
  } else if (structure_.parts_.size() >= kPartsMax) {
    report(FindingKind::TooManyParts, index);
  } else {
    begin_part(index, {}, part.body.offset);
  }
}

void Reader::end_parts(std::size_t open_count, std::uint32_t outermost, std::uint64_t end) {
  if (state_ == State::Header) {
    const Part& part = structure_.parts_[current_];
    end_header(part.header.end());
  }
  for (std::uint32_t i = current_; i != outermost; i = structure_.parts_[i].parent) {
    end = end_part(structure_.parts_[i], end);
  }
  while (open_.size() > open_count) {
    if (!open_.back().is_closed) report(FindingKind::BoundaryNeverClosed, open_.back().part);
    open_.pop_back();
  }
}

// `end` may lie before the body: a delimiter right behind the empty line owns that line's end. A
// header keeps its last line end even so. Where the part ends, and what is around it at least.
std::uint64_t Reader::end_part(Part& part, std::uint64_t end) const {
  const bool is_nested_message = part.delimiter.is_empty() && part.parent != kNoPart;
  if (is_nested_message) end = std::max(end, structure_.parts_[part.parent].header.end());
  if (is_nested_message && part.header.is_empty() && end < part.whole.offset) {
    part.whole.offset = part.header.offset = part.body.offset = end;
  }
  end = std::max(end, part.header.end());
  part.whole.length = end - part.whole.offset;
  part.body.offset = std::min(part.body.offset, end);
  part.body.length = end - part.body.offset;
  return end;
}

Structure Reader::finish() {
  if (held_.scan.length > 0) take_held_line();
  end_parts(0, kNoPart, structure_.size_);
  const auto count = static_cast<std::uint32_t>(structure_.parts_.size());
  for (std::uint32_t i = 0; i < count; ++i) report_traits(i);
  // A part comes before everything inside it.
  for (std::uint32_t i = count; i > 0; --i) {
    Part& part = structure_.parts_[i - 1];
    part.all_traits.add(part.header_traits);
    part.all_traits.add(part.body_traits);
    if (part.parent != kNoPart) structure_.parts_[part.parent].all_traits.add(part.all_traits);
  }
  report_from();
  return std::move(structure_);
}

void Reader::report(FindingKind kind, std::uint32_t part) {
  const std::uint32_t bit = 1U << static_cast<std::uint32_t>(kind);
  if ((reported_[part] & bit) != 0) return;
  reported_[part] |= bit;
  structure_.findings_.push_back({.kind = kind, .part = part});
}

void Reader::report_traits(std::uint32_t index) {
  const Part& part = structure_.parts_[index];
  LineTraits both = part.header_traits;
  both.add(part.body_traits);
  if (part.header_traits.has_eight_bit) report(FindingKind::HeaderHasEightBit, index);
  if (part.header_traits.has_nul) report(FindingKind::HeaderHasNul, index);
  if (both.has_bare_cr) report(FindingKind::BareCarriageReturn, index);
  if (both.has_bare_lf) report(FindingKind::BareLineFeed, index);
  if (part.body_traits.has_nul) report(FindingKind::NulByte, index);
  if (both.longest_line > LineTraits::kLineBytesMax) report(FindingKind::LineTooLong, index);
  const bool is_declared = part.encoding == TransferEncoding::EightBit ||
                           part.encoding == TransferEncoding::Binary ||
                           part.encoding == TransferEncoding::Unknown;
  if (part.is_leaf() && part.body_traits.has_eight_bit && !is_declared) {
    report(FindingKind::EightBitUndeclared, index);
  }
}

void Reader::report_from() {
  const HeaderField* from = structure_.find(0, "from", 0);
  if (from == nullptr) {
    report(FindingKind::FromMissing, 0);
    return;
  }
  const Result<AddressList> list = parse_address_list(structure_.value(*from));
  if (!list || list.value().mailboxes.empty() || list.value().has_trouble) {
    report(FindingKind::FromMalformed, 0);
  }
}

}  // namespace sealgate::engine::mime
