// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/canonical.h"

#include <algorithm>
#include <vector>

#include "engine/mime/errors.h"
#include "engine/mime/header_edit.h"
#include "engine/mime/header_text.h"
#include "engine/mime/leaf_encoder.h"
#include "engine/mime/safe_field.h"

namespace sealgate::engine::mime {
namespace {

constexpr std::string_view kDefaultType = "Content-Type: text/plain; charset=us-ascii\r\n";

// A preamble or epilogue above this is not looked at more closely before it is left out.
constexpr std::uint64_t kPreambleBytesMax = 64 * 1024;

// What is done with the body of a part.
enum class Treatment : std::uint8_t {
  Keep,       // Its slices, with all that is inside.
  Encode,     // A leaf in another transfer encoding.
  TakeApart,  // Something inside is changed.
};

struct PartPlan {
  Treatment body = Treatment::Keep;
  bool has_unsafe_header = false;
  bool is_changed() const { return body != Treatment::Keep || has_unsafe_header; }
};

bool is_content_type(const Part& part, std::string_view type,
                     std::initializer_list<std::string_view> subtypes) {
  return part.type.type == type &&
         std::find(subtypes.begin(), subtypes.end(), part.type.subtype) != subtypes.end();
}

bool is_protected_multipart(const Part& part) {
  return is_content_type(part, "multipart", {"signed", "encrypted"});
}

bool is_cms_leaf(const Part& part) {
  return is_content_type(part, "application",
                         {"pkcs7-mime", "x-pkcs7-mime", "pkcs7-signature", "x-pkcs7-signature"});
}

// A hop converts what is labelled so, whether it has 8-bit octets or not.
bool has_unsafe_label(const Part& part) {
  return part.encoding == TransferEncoding::EightBit || part.encoding == TransferEncoding::Binary;
}

// The error for a body that is not 7-bit and cannot be encoded again; null where it can.
const ErrorKind* obstacle_to_encoding(const Part& part, bool has_too_many_parts) {
  if (is_protected_multipart(part)) return &kInnerSignatureNotSafe;
  if (has_too_many_parts || part.type.is_multipart()) return &kMultipartNotReadable;
  if (part.type.is("message", "partial")) return &kPartialNotSafe;
  if (part.encoding == TransferEncoding::Unknown) return &kEncodingNotKnown;
  const bool is_encoded = part.encoding == TransferEncoding::Base64 ||
                          part.encoding == TransferEncoding::QuotedPrintable;
  if (is_content_type(part, "message", {"rfc822", "global"}) && !is_encoded) {
    return &kMultipartNotReadable;
  }
  return nullptr;
}

class EntityWriter {
 public:
  EntityWriter(const Structure& structure, const Chain& message, ChainWriter& writer)
      : structure_(structure), message_(message), writer_(writer) {}

  Result<void> write(SafeEntity& entity) {
    if (structure_.has_finding(FindingKind::HeaderTooLarge)) return kHeaderTooLarge;
    SG_TRY(make_plans(entity));
    SG_TRY(write_part(0));
    entity.is_changed = is_changed_;
    entity.leaves_encoded = leaves_encoded_;
    return {};
  }

 private:
  Result<void> make_plans(SafeEntity& entity);
  Result<void> make_plan(std::uint32_t index, SafeEntity& entity);
  LineTraits traits_below(std::uint32_t index) const;

  Result<void> write_part(std::uint32_t index);
  Result<void> write_header(std::uint32_t index, std::string_view encoding,
                            std::string_view charset);
  Result<void> write_field(std::uint32_t index, const HeaderField& field);
  Result<void> write_type(std::uint32_t index, const HeaderField& field, std::string_view charset);
  Result<void> write_encoding(std::string_view encoding);
  Result<void> write_leaf(std::uint32_t index);
  Result<void> write_multipart(std::uint32_t index);
  Result<void> write_delimiter(Span gap, const std::string& boundary, std::string_view line_end);
  Result<void> write_if_safe(Span span, const LineTraits& traits);
  void write_as_is(Span span) { writer_.append(message_.sub_chain(span.offset, span.length)); }

  const Structure& structure_;
  const Chain& message_;
  ChainWriter& writer_;
  std::vector<PartPlan> plans_;
  bool is_changed_ = false;
  std::uint32_t leaves_encoded_ = 0;
};

LineTraits EntityWriter::traits_below(std::uint32_t index) const {
  const Part& part = structure_.part(index);
  LineTraits traits = part.body_traits;
  for (std::uint32_t i = part.first_child; i != kNoPart; i = structure_.part(i).next_sibling) {
    traits.add(structure_.part(i).all_traits);
  }
  return traits;
}

Result<void> EntityWriter::make_plans(SafeEntity& entity) {
  const auto count = static_cast<std::uint32_t>(structure_.parts().size());
  plans_.resize(count);
  // Beyond the limit the reader took whole parts for the text of the last one: only as a whole is
  // the message what its sender made.
  const bool is_opaque = structure_.has_finding(FindingKind::TooManyParts);
  std::vector<bool> is_covered(count, false);  // By a signature, or by is_opaque.
  for (std::uint32_t i = 1; i < count; ++i) {
    const std::uint32_t parent = structure_.part(i).parent;
    is_covered[i] =
        is_opaque || is_covered[parent] || is_protected_multipart(structure_.part(parent));
  }
  for (std::uint32_t i = count; i > 0; --i) {
    if (is_covered[i - 1]) continue;
    SG_TRY(make_plan(i - 1, entity));
    const std::uint32_t parent = structure_.part(i - 1).parent;
    if (parent != kNoPart && plans_[i - 1].is_changed()) {
      plans_[parent].body = Treatment::TakeApart;
    }
  }
  return {};
}

Result<void> EntityWriter::make_plan(std::uint32_t index, SafeEntity& entity) {
  const Part& part = structure_.part(index);
  PartPlan& plan = plans_[index];
  // The header of the message itself is looked at field by field: most of it stays outside.
  const bool has_unsafe_lines = index != 0 && !part.header_traits.is_transport_safe();
  plan.has_unsafe_header = has_unsafe_lines || has_unsafe_label(part);

  const bool is_opaque = structure_.has_finding(FindingKind::TooManyParts);
  if (!part.is_leaf() && !is_protected_multipart(part) && !is_opaque) {
    if (!part.body_traits.is_transport_safe()) plan.body = Treatment::TakeApart;
    return {};
  }
  const LineTraits traits = traits_below(index);
  if (traits.is_transport_safe()) return {};
  const ErrorKind* obstacle = obstacle_to_encoding(part, is_opaque);
  if (obstacle != nullptr && !traits.is_seven_bit()) return *obstacle;
  if (obstacle != nullptr || (is_cms_leaf(part) && traits.is_seven_bit())) {
    entity.is_fragile = true;
  } else {
    plan.body = Treatment::Encode;
  }
  return {};
}

Result<void> EntityWriter::write_part(std::uint32_t index) {
  const Part& part = structure_.part(index);
  const PartPlan& plan = plans_[index];
  if (index != 0 && !plan.is_changed()) {
    write_as_is(part.whole);
    return {};
  }
  if (plan.is_changed()) is_changed_ = true;
  if (plan.body == Treatment::Encode) return write_leaf(index);
  SG_TRY(write_header(index, has_unsafe_label(part) ? "7bit" : "", ""));
  if (plan.body == Treatment::Keep) {
    write_as_is(part.body);
    return {};
  }
  return part.type.is_multipart() ? write_multipart(index) : write_part(part.first_child);
}

// The header and the empty line. `encoding` and `charset` are "" where they stay.
Result<void> EntityWriter::write_header(std::uint32_t index, std::string_view encoding,
                                        std::string_view charset) {
  const HeaderField* type = structure_.find(index, "content-type", 0);
  if (type == nullptr && !charset.empty()) {
    SG_TRY(writer_.append("Content-Type: text/plain; charset=" + std::string(charset) + "\r\n"));
  } else if (type == nullptr && index == 0) {
    writer_.append_static(kDefaultType);
  }
  bool has_encoding = encoding.empty();
  for (const HeaderField& field : structure_.fields(index)) {
    const std::string_view name = structure_.name(field);
    if (index == 0 && !is_content_field(name)) continue;
    if (!encoding.empty() && equal_ignoring_case(name, "content-transfer-encoding")) {
      if (!has_encoding) SG_TRY(write_encoding(encoding));
      has_encoding = true;
    } else if (&field == type && !charset.empty()) {
      SG_TRY(write_type(index, field, charset));
    } else {
      SG_TRY(write_field(index, field));
    }
  }
  if (!has_encoding) {
    SG_TRY(write_encoding(encoding));
    // RFC 2045, 4: without it a nested message would not be MIME.
    const std::uint32_t parent = structure_.part(index).parent;
    const bool is_nested = parent != kNoPart && structure_.part(index).delimiter.is_empty();
    if (is_nested && structure_.find(index, "mime-version", 0) == nullptr) {
      writer_.append_static("MIME-Version: 1.0\r\n");
    }
  }
  writer_.append_static("\r\n");
  return {};
}

Result<void> EntityWriter::write_encoding(std::string_view encoding) {
  writer_.append_static("Content-Transfer-Encoding: ");
  writer_.append_static(encoding);
  writer_.append_static("\r\n");
  return {};
}

Result<void> EntityWriter::write_field(std::uint32_t index, const HeaderField& field) {
  const std::string_view whole = structure_.whole(field);
  const bool is_mbox_line = field.name.is_empty();
  if (is_mbox_line && index != 0) return {};
  if (text_traits(whole).is_transport_safe() && whole.ends_with("\r\n")) {
    write_as_is(field.whole);
    return {};
  }
  is_changed_ = true;
  return writer_.append(SG_TRY(make_field_safe(structure_.name(field), whole)));
}

Result<void> EntityWriter::write_type(std::uint32_t index, const HeaderField& field,
                                      std::string_view charset) {
  // A malformed type stands for text/plain (RFC 2045, 5.2), and is replaced by what it stands for.
  std::string text = "Content-Type: " + structure_.part(index).type.name();
  if (parse_media_type(structure_.value(field))) {
    text = SG_TRY(make_field_safe(structure_.name(field), structure_.whole(field)));
    text.erase(text.find_last_not_of("; \t\r\n") + 1);
  }
  return writer_.append(text + ";\r\n charset=" + std::string(charset) + "\r\n");
}

Result<void> EntityWriter::write_leaf(std::uint32_t index) {
  const Part& part = structure_.part(index);
  const Chain body = message_.sub_chain(part.body.offset, part.body.length);
  const LeafEncoding choice = choose_encoding(part, body);
  SG_TRY(write_header(index, name_of(choice.encoding), choice.charset));
  ++leaves_encoded_;
  return encode_leaf(body, part.encoding, choice.encoding, writer_);
}

Result<void> EntityWriter::write_multipart(std::uint32_t index) {
  const Part& part = structure_.part(index);
  std::string boundary(part.type.parameter("boundary").value_or(""));
  boundary.erase(boundary.find_last_not_of(" \t") + 1);
  // Where delimiters are written anew they must be safe themselves.
  if (!text_traits("--" + boundary).is_transport_safe()) return kMultipartNotReadable;

  const std::uint64_t first = structure_.part(part.first_child).delimiter.offset;
  SG_TRY(write_if_safe({part.body.offset, first - part.body.offset}, part.body_traits));
  std::uint64_t from = first;  // What is written reaches to here.
  for (std::uint32_t i = part.first_child; i != kNoPart; i = structure_.part(i).next_sibling) {
    const Part& child = structure_.part(i);
    SG_TRY(write_delimiter({from, child.delimiter.end() - from}, boundary, "\r\n"));
    SG_TRY(write_part(i));
    from = child.whole.end();
  }
  if (part.close_delimiter.is_empty()) {
    is_changed_ = true;
    return writer_.append("\r\n--" + boundary + "--\r\n");
  }
  // The line end of the last line of a body belongs to the delimiter around it.
  const std::uint64_t end = std::min(part.close_delimiter.end(), part.body.end());
  const bool has_line_end = end > from && message_.text(end - 1, 1) == "\n";
  SG_TRY(write_delimiter({from, end - from}, boundary + "--", has_line_end ? "\r\n" : ""));
  return write_if_safe({end, part.body.end() - end}, part.body_traits);
}

// A delimiter line with the line end before it, as it came where it is exact, else anew. Behind a
// delimiter or a header the line end before it is theirs.
Result<void> EntityWriter::write_delimiter(Span gap, const std::string& boundary,
                                           std::string_view line_end) {
  const bool has_line_end_before = message_.text(gap.offset, 1) != "-";
  const std::string exact =
      (has_line_end_before ? "\r\n--" : "--") + boundary + std::string(line_end);
  if (gap.length == exact.size() && message_.text(gap.offset, gap.length) == exact) {
    write_as_is(gap);
    return {};
  }
  is_changed_ = true;
  return writer_.append(exact);
}

Result<void> EntityWriter::write_if_safe(Span span, const LineTraits& traits) {
  const bool is_safe = traits.is_transport_safe() ||
                       (span.length <= kPreambleBytesMax &&
                        text_traits(message_.text(span.offset, span.length)).is_transport_safe());
  if (is_safe) {
    write_as_is(span);
  } else {
    is_changed_ = true;
  }
  return {};
}

}  // namespace

Result<SafeEntity> make_transport_safe(const Structure& structure, const Chain& message,
                                       ChainWriter& writer) {
  SafeEntity entity;
  const Result<void> outcome = EntityWriter(structure, message, writer).write(entity);
  entity.bytes = writer.take();
  if (!outcome) return outcome.error();
  return entity;
}

Result<Chain> entity_as_it_is(const Structure& structure, const Chain& message,
                              ChainWriter& writer) {
  if (structure.has_finding(FindingKind::HeaderTooLarge)) return kHeaderTooLarge;
  if (structure.find(0, "content-type", 0) == nullptr) writer.append_static(kDefaultType);
  for (const HeaderField& field : structure.fields(0)) {
    if (!is_content_field(structure.name(field))) continue;
    writer.append(message.sub_chain(field.whole.offset, field.whole.length));
    if (!structure.whole(field).ends_with('\n')) writer.append_static("\r\n");
  }
  writer.append_static("\r\n");
  const Span body = structure.part(0).body;
  writer.append(message.sub_chain(body.offset, body.length));
  return writer.take();
}

}  // namespace sealgate::engine::mime
