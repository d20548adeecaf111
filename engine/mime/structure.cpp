// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/structure.h"

#include <algorithm>

#include "base/check.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {

void LineTraits::add(const LineTraits& other) {
  has_eight_bit |= other.has_eight_bit;
  has_nul |= other.has_nul;
  has_bare_cr |= other.has_bare_cr;
  has_bare_lf |= other.has_bare_lf;
  has_trailing_blank |= other.has_trailing_blank;
  has_from_line |= other.has_from_line;
  longest_line = std::max(longest_line, other.longest_line);
}

bool Structure::has_finding(FindingKind kind) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [&](const Finding& finding) { return finding.kind == kind; });
}

std::span<const HeaderField> Structure::fields(std::uint32_t part) const {
  const Part& owner = parts_[part];
  return std::span(fields_).subspan(owner.first_field, owner.field_count);
}

std::string_view Structure::text(Span span) const {
  if (span.is_empty()) return {};
  const auto after = std::upper_bound(
      header_index_.begin(), header_index_.end(), span.offset,
      [](std::uint64_t offset, const HeaderText& entry) { return offset < entry.offset; });
  SG_CHECK(after != header_index_.begin());
  const HeaderText& entry = *std::prev(after);
  const std::uint64_t at = entry.at + (span.offset - entry.offset);
  SG_CHECK(at <= header_text_.size() && span.length <= header_text_.size() - at);
  return std::string_view(header_text_).substr(at, span.length);
}

std::string_view Structure::name(const HeaderField& field) const {
  return text(field.name);
}

std::string_view Structure::value(const HeaderField& field) const {
  return text(field.value);
}

std::string_view Structure::whole(const HeaderField& field) const {
  return text(field.whole);
}

const HeaderField* Structure::find(std::uint32_t part, std::string_view name,
                                   std::uint32_t nth) const {
  for (const HeaderField& field : fields(part)) {
    if (field.name.length == name.size() && equal_ignoring_case(text(field.name), name) &&
        nth-- == 0) {
      return &field;
    }
  }
  return nullptr;
}

std::optional<std::string> Structure::field_text(std::uint32_t part, std::string_view name) const {
  const HeaderField* field = find(part, name, 0);
  if (field == nullptr) return std::nullopt;
  return unfold(value(*field));
}

std::string Structure::attachment_name(std::uint32_t part) const {
  if (const HeaderField* field = find(part, "content-disposition", 0); field != nullptr) {
    const ParameterizedValue disposition = parse_parameterized(value(*field));
    if (const auto name = disposition.parameter("filename")) return std::string(*name);
  }
  return std::string(parts_[part].type.parameter("name").value_or(""));
}

std::string_view name_of(TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::SevenBit:
      return "7bit";
    case TransferEncoding::EightBit:
      return "8bit";
    case TransferEncoding::Binary:
      return "binary";
    case TransferEncoding::QuotedPrintable:
      return "quoted-printable";
    case TransferEncoding::Base64:
      return "base64";
    case TransferEncoding::Unknown:
      return "unknown";
  }
  return "";
}

}  // namespace sealgate::engine::mime
