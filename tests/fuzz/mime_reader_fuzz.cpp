// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: the structure does not depend on the cut, spans nest and give the bytes back, and
// the safe entity is safe, has the same shape, decodes to the same leaves and is safe for good.
// The first byte chooses how the message is cut.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "engine/mime/body_text.h"
#include "engine/mime/canonical.h"
#include "engine/mime/header_edit.h"
#include "engine/mime/message_for_test.h"
#include "engine/mime/safe_field.h"

namespace {

using namespace sealgate;
using namespace sealgate::engine::mime;

std::uint64_t check_spans(const Structure& structure, std::uint32_t index) {
  const Part& part = structure.part(index);
  SG_CHECK(part.whole.offset == part.header.offset);
  SG_CHECK(part.header.end() <= part.body.offset);
  SG_CHECK(part.body.end() == part.whole.end());
  std::uint64_t at = part.header.end();
  for (std::uint32_t i = part.first_child; i != kNoPart; i = structure.part(i).next_sibling) {
    SG_CHECK(structure.part(i).parent == index && i > index);
    SG_CHECK(structure.part(i).whole.offset >= at);
    at = check_spans(structure, i);
  }
  SG_CHECK(at <= part.whole.end());
  std::uint64_t field_end = part.header.offset;
  for (const HeaderField& field : structure.fields(index)) {
    SG_CHECK(field.whole.offset == field_end);
    SG_CHECK(field.value.end() <= field.whole.end());
    field_end = field.whole.end();
  }
  SG_CHECK(field_end <= part.header.end());
  return part.whole.end();
}

void check_safe(TestMessage& message) {
  const auto made = make_transport_safe(message.structure, message.chain, message.writer);
  if (!made) return;
  TestMessage again(TestMessage::all(made.value().bytes));
  const LineTraits traits = text_traits(TestMessage::all(made.value().bytes));
  SG_CHECK(traits.is_seven_bit());
  SG_CHECK(traits.is_transport_safe() || made.value().is_fragile);
  if (message.structure.has_finding(engine::FindingKind::TooManyParts)) return;
  SG_CHECK(shape(again.structure) == shape(message.structure));
  for (std::uint32_t i = 0; i < message.structure.parts().size(); ++i) {
    if (!message.structure.part(i).is_leaf()) continue;
    const DecodedBody before = decode_body(message.structure, message.chain, i, 1U << 20U);
    const DecodedBody after = decode_body(again.structure, again.chain, i, 1U << 20U);
    SG_CHECK(before.octets == after.octets);
  }
  const auto twice = make_transport_safe(again.structure, again.chain, again.writer);
  SG_CHECK(twice && !twice.value().is_changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text(ByteView(data, size)).substr(1);
  TestMessage message(text);
  const std::string whole = describe(message.structure);
  SG_CHECK(describe(read_in_pieces(text, 1U + data[0] % 64U, data[0])) == whole);
  SG_CHECK(message.structure.part(0).whole.offset == 0);
  SG_CHECK(check_spans(message.structure, 0) == text.size());
  check_safe(message);
  const auto header =
      edit_header(message.structure, message.chain, HeaderScope::All, {}, message.writer);
  if (header && text.size() > message.structure.part(0).header.length) {
    SG_CHECK(TestMessage::all(header.value()) ==
             text.substr(0, message.structure.part(0).header.length));
  }
  return 0;
}
