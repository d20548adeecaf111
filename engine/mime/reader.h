// SPDX-License-Identifier: Apache-2.0
//
// Reader finds the structure of a message while its bytes arrive. It keeps the header text and
// the beginning of an unfinished line, never the body.
//
// The same bytes give the same Structure however they are cut. What is broken is reported as a
// finding and read as mail programs do:
// - a header ends at the first line that is neither a field nor a continuation; when that line
//   is not empty, the body begins with it (so nothing that may be content counts as header);
// - an outer boundary ends all parts inside it; a delimiter is compared whole, so one boundary
//   may begin with another; blanks after a delimiter are allowed (RFC 2046, 5.1.1);
// - message/rfc822 and message/global are taken apart unless they are base64 or
//   quoted-printable; every other message/* is a leaf;
// - a multipart without usable boundary, or beyond kPartDepthMax or kPartsMax, is a leaf.
// A header above kHeaderBytesMax or kHeaderFieldsMax (all parts together) is reported as
// HeaderTooLarge; the rest of its fields is not listed, and the part is an opaque leaf.
//
// Threading: one thread. Cost: one pass over the bytes, memory only for headers and parts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

class Reader {
 public:
  Reader();

  // The next bytes of the message. Fails with kMessageTooLarge beyond kMessageBytesMax; the
  // Reader is of no more use then.
  Result<void> feed(ByteView bytes);

  // Ends the message. The Reader must not be used afterwards.
  Structure finish();

 private:
  enum class State : std::uint8_t { Header, Body };
  // A multipart whose children are being read.
  struct OpenMultipart {
    std::uint32_t part;
    std::string boundary;
    bool is_closed;  // Its closing delimiter was seen: what follows is epilogue.
  };
  // The line being read. `start` keeps what a later chunk cannot give back.
  struct Line {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  // With its line end.
    std::uint8_t last = 0;     // Last byte and the one before it, for line ends cut in two.
    std::uint8_t second_last = 0;
    std::uint8_t third_last = 0;
    std::uint32_t carriage_returns = 0;
    bool has_eight_bit = false;
    bool has_nul = false;
    std::string start;
  };

  void extend_line(ByteView bytes);
  void end_line(ByteView start, bool has_line_feed);
  LineTraits traits_of_line(ByteView start, bool has_line_feed) const;
  void take_header_line(ByteView start, const LineTraits& traits, bool has_line_feed);
  void take_body_line(ByteView start, const LineTraits& traits);
  bool take_delimiter(ByteView start, const LineTraits& traits);
  bool begin_field(std::string_view line);
  void end_header(std::uint64_t body_offset);
  void begin_body(std::uint32_t part);
  void begin_part(std::uint32_t parent, std::uint64_t offset);
  void end_parts_above(std::size_t open_count, std::uint64_t end, std::uint64_t line_end_bytes);
  void end_part(std::uint32_t part, std::uint64_t end);
  void read_type(std::uint32_t part);
  bool is_header_line_kept(std::size_t size);
  void report(FindingKind kind, std::uint32_t part);

  Structure structure_;
  State state_ = State::Header;
  std::uint32_t current_ = 0;  // The part whose header or body the next line belongs to.
  std::vector<OpenMultipart> open_;
  Line line_;
  std::uint64_t offset_ = 0;
  std::uint32_t last_line_end_ = 0;  // Octets of the line end before the current line.
  std::uint64_t header_bytes_ = 0;
  bool header_is_cut_ = false;
};

}  // namespace sealgate::engine::mime
