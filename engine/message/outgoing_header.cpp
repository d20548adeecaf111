// SPDX-License-Identifier: Apache-2.0
#include "engine/message/outgoing_header.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/mime/header_edit.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine {
namespace {

using Action = mime::FieldEdit::Action;

constexpr std::string_view kSubject = "Subject";

std::vector<mime::FieldEdit> without_bcc() {
  return {{.action = Action::Remove, .name = "Bcc", .value = ""},
          {.action = Action::Remove, .name = "Resent-Bcc", .value = ""}};
}

}  // namespace

Result<Chain> outgoing_header(const ReadMessage& message, const PlannedCopy& copy,
                              const HeaderAdditions& additions, ChainWriter& writer) {
  std::vector<mime::FieldEdit> edits = without_bcc();
  edits.push_back({.action = Action::Prepend, .name = "Received", .value = additions.received});
  if (copy.subject) {
    const std::size_t name_bytes = kSubject.size() + 2;
    edits.push_back({.action = Action::Replace,
                     .name = std::string(kSubject),
                     .value = mime::encode_header_text(*copy.subject, name_bytes)});
  }
  if (!additions.date.empty()) {
    edits.push_back({.action = Action::Append, .name = "Date", .value = additions.date});
  }
  if (!additions.message_id.empty()) {
    // An empty field would stand beside ours otherwise.
    edits.push_back(
        {.action = Action::Replace, .name = "Message-ID", .value = additions.message_id});
  }
  if (!copy.is_sealed()) {
    return mime::edit_header(message.structure, message.content, mime::HeaderScope::All, edits,
                             writer);
  }
  edits.push_back({.action = Action::Append, .name = "MIME-Version", .value = "1.0"});
  return mime::edit_header(message.structure, message.content, mime::HeaderScope::Outer, edits,
                           writer);
}

Chain returned_header(const ReadMessage& message, ChainWriter& writer) {
  Result<Chain> header = mime::edit_header(message.structure, message.content,
                                           mime::HeaderScope::All, without_bcc(), writer);
  // read_message() takes no header that is not listed whole, and removing needs no buffer.
  SG_CHECK(header.has_value());
  return std::move(header).value();
}

BodyType body_type_as_it_came(const ReadMessage& message, const Envelope& envelope) {
  const mime::LineTraits& traits = message.structure.part(0).all_traits;
  // RFC 3030, 3: only what was sent as BINARYMIME may be passed on as such.
  const bool is_binary = traits.has_nul || traits.has_bare_cr || traits.has_bare_lf ||
                         traits.longest_line > mime::LineTraits::kLineBytesMax;
  if (envelope.body == BodyType::BinaryMime && is_binary) return BodyType::BinaryMime;
  return traits.has_eight_bit ? BodyType::EightBitMime : BodyType::SevenBit;
}

BodyType body_type_sealed(const ReadMessage& message) {
  const bool is_eight_bit = message.structure.part(0).header_traits.has_eight_bit;
  return is_eight_bit ? BodyType::EightBitMime : BodyType::SevenBit;
}

}  // namespace sealgate::engine
