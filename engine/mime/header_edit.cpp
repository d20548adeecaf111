// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/header_edit.h"

#include <algorithm>

#include "engine/mime/errors.h"
#include "engine/mime/header_text.h"

namespace sealgate::engine::mime {
namespace {

using Action = FieldEdit::Action;

bool is_in_scope(std::string_view name, HeaderScope scope) {
  switch (scope) {
    case HeaderScope::All:
      return true;
    case HeaderScope::Outer:
      return !name.empty() && !is_content_field(name) && !equal_ignoring_case(name, "mime-version");
  }
  return true;
}

Result<void> write_field(const FieldEdit& edit, ChainWriter& writer) {
  SG_TRY(writer.append(edit.name));
  writer.append_static(": ");
  SG_TRY(writer.append(edit.value));
  writer.append_static("\r\n");
  return {};
}

Result<void> write_all(std::span<const FieldEdit> edits, Action action, ChainWriter& writer) {
  for (const FieldEdit& edit : edits) {
    if (edit.action == action) SG_TRY(write_field(edit, writer));
  }
  return {};
}

class HeaderEditor {
 public:
  HeaderEditor(const Structure& structure, const Chain& message, std::span<const FieldEdit> edits)
      : structure_(structure), message_(message), edits_(edits), done_(edits.size(), false) {}

  Result<void> write(HeaderScope scope, ChainWriter& writer) {
    SG_TRY(write_all(edits_, Action::Prepend, writer));
    const bool is_first = writer.size() == 0;
    for (const HeaderField& field : structure_.fields(0)) {
      // Anywhere but on top, an mbox "From " line is no header line and ends the header.
      if (field.name.is_empty() && !is_first) continue;
      if (is_in_scope(structure_.name(field), scope)) SG_TRY(write_or_edit(field, writer));
    }
    for (std::size_t i = 0; i < edits_.size(); ++i) {
      if (edits_[i].action == Action::Replace && !done_[i]) {
        SG_TRY(write_field(edits_[i], writer));
      }
    }
    return write_all(edits_, Action::Append, writer);
  }

 private:
  Result<void> write_or_edit(const HeaderField& field, ChainWriter& writer) {
    const std::string_view name = structure_.name(field);
    for (std::size_t i = 0; i < edits_.size(); ++i) {
      const FieldEdit& edit = edits_[i];
      const bool is_change = edit.action == Action::Remove || edit.action == Action::Replace;
      if (!is_change || !equal_ignoring_case(edit.name, name)) continue;
      if (edit.action == Action::Remove || done_[i]) return {};
      done_[i] = true;
      return write_field(edit, writer);
    }
    writer.append(message_.sub_chain(field.whole.offset, field.whole.length));
    // A message that ends inside its header may lack the last line end.
    if (!structure_.whole(field).ends_with('\n')) writer.append_static("\r\n");
    return {};
  }

  const Structure& structure_;
  const Chain& message_;
  std::span<const FieldEdit> edits_;
  std::vector<bool> done_;  // By edit: a Replace has found its field.
};

}  // namespace

bool is_content_field(std::string_view name) {
  constexpr std::string_view kPrefix = "content-";
  return name.size() > kPrefix.size() &&
         equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix);
}

Result<Chain> edit_header(const Structure& structure, const Chain& message, HeaderScope scope,
                          std::span<const FieldEdit> edits, ChainWriter& writer) {
  if (structure.has_finding(FindingKind::HeaderTooLarge)) return kHeaderTooLarge;
  Result<void> outcome = HeaderEditor(structure, message, edits).write(scope, writer);
  Chain header = writer.take();
  if (!outcome) return outcome.error();
  return header;
}

std::string fold_field(std::string_view name, std::string_view text) {
  std::string field = std::string(name) + ":";
  std::size_t column = field.size();
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    if (word.empty()) break;
    const bool is_full = column + 1 + word.size() > kHeaderLineBytesAim && column > name.size() + 1;
    field += is_full ? "\r\n " : " ";
    field += word;
    column = is_full ? 1 + word.size() : column + 1 + word.size();
  }
  return field + "\r\n";
}

}  // namespace sealgate::engine::mime
