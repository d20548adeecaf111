// SPDX-License-Identifier: Apache-2.0
//
// For tests: a message as text, as chain of segments and as Structure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "base/segment.h"
#include "engine/mime/reader.h"

namespace sealgate::engine::mime {

// What can be compared: every field of a Structure, as text.
inline std::string describe(const Structure& structure) {
  std::string text = std::to_string(structure.size());
  const auto put = [&](const Span& span) {
    text += " " + std::to_string(span.offset) + "+" + std::to_string(span.length);
  };
  const auto put_traits = [&](const LineTraits& traits) {
    text += " traits";
    for (const bool bit : {traits.has_eight_bit, traits.has_nul, traits.has_bare_cr,
                           traits.has_bare_lf, traits.has_trailing_blank, traits.has_from_line}) {
      text += bit ? '1' : '0';
    }
    text += ":" + std::to_string(traits.longest_line);
  };
  for (std::uint32_t i = 0; i < structure.parts().size(); ++i) {
    const Part& part = structure.part(i);
    text += "\npart " + std::to_string(i) + " in " + std::to_string(part.parent) + " " +
            part.type.name() + " " + std::string(name_of(part.encoding));
    for (const Span& span :
         {part.whole, part.header, part.body, part.delimiter, part.close_delimiter}) {
      put(span);
    }
    put_traits(part.header_traits);
    put_traits(part.body_traits);
    put_traits(part.all_traits);
    for (const HeaderField& field : structure.fields(i)) {
      put(field.whole);
      put(field.name);
      put(field.value);
      text += " [" + std::string(structure.whole(field)) + "]";
    }
    for (const auto& [name, value] : part.type.parameters) text += " " + name + "=" + value;
  }
  for (const Finding& finding : structure.findings()) {
    text += "\n" + std::string(name_of(finding.kind)) + " " + std::to_string(finding.part);
  }
  return text;
}

inline Structure read_message(std::string_view text) {
  Reader reader;
  reader.feed(as_bytes(text)).value();
  return reader.finish();
}

inline Structure read_in_pieces(std::string_view text, std::size_t size_max, std::uint32_t seed) {
  std::minstd_rand random(seed);
  Reader reader;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), 1 + random() % size_max);
    reader.feed(as_bytes(text.substr(0, size))).value();
    text.remove_prefix(size);
  }
  return reader.finish();
}

// A message in segments of a pool of its own.
class TestMessage {
 public:
  explicit TestMessage(std::string_view text)
      : pool(SegmentPool::create(static_cast<std::uint32_t>(text.size() * 8 / kSegmentBytes + 64))
                 .value()),
        writer(*pool),
        structure(read_message(text)) {
    writer.append(text).value();
    chain = writer.take();
  }

  static std::string all(const Chain& chain) { return chain.text(0, chain.size()); }

  std::unique_ptr<SegmentPool> pool;
  ChainWriter writer;
  Structure structure;
  Chain chain;
};

// The tree as "type(child child)".
inline std::string shape(const Structure& structure, std::uint32_t index = 0) {
  const Part& part = structure.part(index);
  std::string text = part.type.name();
  if (part.is_leaf()) return text;
  text += "(";
  for (std::uint32_t i = part.first_child; i != kNoPart; i = structure.part(i).next_sibling) {
    text += shape(structure, i) + (structure.part(i).next_sibling == kNoPart ? "" : " ");
  }
  return text + ")";
}

inline std::string with_crlf(std::string_view text) {
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) lines += '\r';
    lines += text[i];
  }
  return lines;
}

}  // namespace sealgate::engine::mime
