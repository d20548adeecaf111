// SPDX-License-Identifier: Apache-2.0
//
// Headers of outgoing copies, made of the slices of the incoming one: which fields go into the
// sealed entity, which stay outside, and changes to single fields.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/segment.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

// Content-*: describes the body and goes with it.
bool is_content_field(std::string_view name);

enum class HeaderScope : std::uint8_t {
  All,    // Every field; an mbox "From " line only where nothing is prepended.
  Outer,  // All but Content-*, MIME-Version and an mbox "From " line: what stays around a sealed
          // entity, which brings its own.
};

struct FieldEdit {
  enum class Action : std::uint8_t {
    Remove,   // All fields of this name.
    Replace,  // The first of this name gets `value`, the others go; without one, as Append.
    Append,   // Behind all other fields.
    Prepend,  // Before them (trace fields). Several keep their order.
  };
  Action action = Action::Remove;
  std::string name;
  std::string value;  // Encoded and folded text without line end; see encode_header_text().
};

// The header of part 0 as chain of whole field lines, without the empty line. What no edit
// names is not copied. Fails with kHeaderTooLarge or kSegmentsExhausted. `writer` gives the room
// for new text; its chain must be empty, and is empty afterwards.
Result<Chain> edit_header(const Structure& structure, const Chain& message, HeaderScope scope,
                          std::span<const FieldEdit> edits, ChainWriter& writer);

// "name: value" CRLF with `text` folded at blanks so that lines have at most 78 octets where
// it has blanks. Requires: `text` is ASCII or meant for an SMTPUTF8 path, without line ends.
std::string fold_field(std::string_view name, std::string_view text);

}  // namespace sealgate::engine::mime
