// SPDX-License-Identifier: Apache-2.0
#include "engine/api/finding.h"

namespace sealgate::engine {

std::string_view name_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::HeaderLineWithoutColon:
      return "mime.header_line_without_colon";
    case FindingKind::HeaderTooLarge:
      return "mime.header_too_large";
    case FindingKind::HeaderHasEightBit:
      return "mime.header_has_eight_bit";
    case FindingKind::HeaderHasNul:
      return "mime.header_has_nul";
    case FindingKind::BareCarriageReturn:
      return "mime.bare_carriage_return";
    case FindingKind::BareLineFeed:
      return "mime.bare_line_feed";
    case FindingKind::NulByte:
      return "mime.nul_byte";
    case FindingKind::LineTooLong:
      return "mime.line_too_long";
    case FindingKind::EightBitUndeclared:
      return "mime.eight_bit_undeclared";
    case FindingKind::EncodingUnknown:
      return "mime.encoding_unknown";
    case FindingKind::EncodingOnMultipart:
      return "mime.encoding_on_multipart";
    case FindingKind::ContentTypeMalformed:
      return "mime.content_type_malformed";
    case FindingKind::BoundaryMissing:
      return "mime.boundary_missing";
    case FindingKind::BoundaryNeverClosed:
      return "mime.boundary_never_closed";
    case FindingKind::TooManyParts:
      return "mime.too_many_parts";
    case FindingKind::TooDeep:
      return "mime.too_deep";
    case FindingKind::FieldRepeated:
      return "mime.field_repeated";
    case FindingKind::FromMissing:
      return "mime.from_missing";
    case FindingKind::FromMalformed:
      return "mime.from_malformed";
  }
  return "";
}

}  // namespace sealgate::engine
