// SPDX-License-Identifier: Apache-2.0
#include "engine/message/message_facts.h"

#include "engine/mime/body_text.h"
#include "engine/mime/header_text.h"
#include "engine/mime/media_type.h"

namespace sealgate::engine {
namespace {

bool is_disposed_as_attachment(const mime::Structure& structure, std::uint32_t part) {
  const mime::HeaderField* field = structure.find(part, "Content-Disposition", 0);
  return field != nullptr &&
         mime::parse_parameterized(structure.value(*field)).token == "attachment";
}

}  // namespace

MessageFacts::MessageFacts(const ReadMessage& message, const Envelope& envelope)
    : message_(message), envelope_(envelope) {
  const mime::HeaderField* field = message.structure.find(0, "Subject", 0);
  if (field != nullptr) subject_ = mime::decode_header_text(message.structure.value(*field));
}

std::string_view MessageFacts::sender() const {
  return message_.from.empty() ? std::string_view(envelope_.sender) : message_.from.front();
}

std::vector<std::string> MessageFacts::header(std::string_view name) const {
  std::vector<std::string> values;
  for (const mime::HeaderField& field : message_.structure.fields(0)) {
    if (!mime::equal_ignoring_case(message_.structure.name(field), name)) continue;
    values.push_back(mime::decode_header_text(message_.structure.value(field)));
  }
  return values;
}

std::vector<policy::Attachment> MessageFacts::attachments() const {
  const mime::Structure& structure = message_.structure;
  std::vector<policy::Attachment> attachments;
  for (std::uint32_t i = 0; i < structure.parts().size(); ++i) {
    const mime::Part& part = structure.part(i);
    if (part.type.is_multipart()) continue;
    std::string name = structure.attachment_name(i);
    if (name.empty() && !is_disposed_as_attachment(structure, i)) continue;
    attachments.push_back({.name = std::move(name), .type = part.type.name()});
  }
  return attachments;
}

std::vector<std::string> MessageFacts::texts(std::size_t bytes_max) const {
  const mime::Structure& structure = message_.structure;
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < structure.parts().size() && bytes_max > 0; ++i) {
    const mime::Part& part = structure.part(i);
    if (!part.is_leaf() || !part.type.is_text()) continue;
    std::string text = mime::body_text(structure, message_.content, i, bytes_max).text;
    if (text.size() > bytes_max) text.resize(bytes_max);
    bytes_max -= text.size();
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace sealgate::engine
