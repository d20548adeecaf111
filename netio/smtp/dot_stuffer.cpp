// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/dot_stuffer.h"

#include <string_view>
#include <utility>

#include "netio/smtp/data_reader.h"
#include "netio/smtp/errors.h"

namespace sealgate::netio {
namespace {

// Appends one slice, with a dot in front of each line of it that begins with one.
void append_stuffed(const Slice& slice, bool& is_line_start, Chain& stuffed) {
  const std::string_view text = as_text(slice.bytes);
  std::size_t from = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_line_start && text[at] == '.') {
      stuffed.append(Slice{.owner = slice.owner, .bytes = slice.bytes.subspan(from, at - from)});
      stuffed.append_static(".");
      from = at;
    }
    // Only CR LF ends a line here: a bare LF has been refused before.
    const std::size_t end = text.find('\n', at);
    is_line_start = end != text.npos;
    at = is_line_start ? end + 1 : text.size();
  }
  stuffed.append(Slice{.owner = slice.owner, .bytes = slice.bytes.subspan(from)});
}

bool is_in_tiny_pieces(const Chain& chain) {
  constexpr std::size_t kPiecesMax = 16;
  constexpr std::size_t kPieceBytesMin = 128;
  const std::size_t pieces = chain.slices().size();
  return pieces > kPiecesMax && chain.size() / pieces < kPieceBytesMin;
}

// `chain` in few slices, or as it is where no segment is left.
Chain joined(Chain chain, ChainWriter& writer) {
  bool has_room = true;
  for (const Slice& slice : chain.slices()) {
    has_room = has_room && writer.append(slice.bytes).has_value();
  }
  Chain copy = writer.take();
  return has_room ? copy : chain;
}

}  // namespace

Result<Chain> stuff_dots(const Chain& content, ChainWriter& writer) {
  LineEndCheck line_ends;
  for (const Slice& slice : content.slices()) line_ends.add(slice.bytes);
  line_ends.finish();
  if (line_ends.is_malformed()) return kContentBareLineEnd;

  Chain stuffed;
  bool is_line_start = true;
  for (const Slice& slice : content.slices()) {
    Chain part;
    append_stuffed(slice, is_line_start, part);
    stuffed.append(is_in_tiny_pieces(part) ? joined(std::move(part), writer) : part);
  }
  stuffed.append_static(is_line_start ? ".\r\n" : "\r\n.\r\n");
  return stuffed;
}

}  // namespace sealgate::netio
