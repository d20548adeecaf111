// SPDX-License-Identifier: Apache-2.0
//
// Reader finds the structure of a message while its bytes arrive. It keeps the header text and
// the beginning of an unfinished line, never the body.
//
// The same bytes give the same Structure however they are cut. What is broken is reported as a
// finding and read as mail programs do:
// - a header ends at the first line that is neither a field nor a continuation; when that line
//   is not empty, the body begins with it (so nothing that may be content counts as header);
// - a header that is not ended has an empty body, so a message/rfc822 has an empty message;
// - an outer boundary ends all parts inside it; a delimiter is compared whole, so one boundary
//   may begin with another; blanks after a delimiter are allowed (RFC 2046, 5.1.1);
// - message/rfc822 and message/global are taken apart unless they are base64 or
//   quoted-printable; every other message/* is a leaf;
// - a multipart without usable boundary or beyond kPartDepthMax is a leaf; beyond kPartsMax
//   delimiters count no more, and the last part takes the rest.
// A header above the HeaderLimits (all parts together) is reported as
// HeaderTooLarge; the rest of its fields is not listed, and the part is an opaque leaf.
//
// Threading: one thread. Cost: one pass over the bytes, memory only for headers and parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "engine/mime/line_scan.h"
#include "engine/mime/structure.h"

namespace sealgate::engine::mime {

// Octets and fields of the headers of all parts together.
struct HeaderLimits {
  std::size_t bytes = kHeaderBytesMax;
  std::size_t fields = kHeaderFieldsMax;
};

class Reader {
 public:
  Reader();
  // For messages of our own making, whose headers are longer than those that were taken.
  explicit Reader(HeaderLimits limits);

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
  // A line of which only the beginning has arrived.
  struct HeldLine {
    std::string start;  // As much of it as a decision may need.
    LineScan scan;      // Of all its pieces.
    // The last octets, for line ends and blanks before them: "x \r\n" cut anywhere.
    std::string tail;
  };
  // A whole line, with its line end.
  struct Line {
    std::string_view start;  // All of it, or at least the first kLineStartMax octets.
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t end_length = 0;  // Of the line end: 2, 1 or, at the end of the message, 0.
    LineTraits traits;
  };

  void hold(ByteView bytes, const LineScan& scan);
  void take_held_line();
  void take_line(const Line& line);
  bool take_header_line(const Line& line);
  void append_header_line(const Line& line, bool begins_field);
  void take_body_line(const Line& line);
  bool take_delimiter(const Line& line);

  void begin_part(std::uint32_t parent, Span delimiter, std::uint64_t offset);
  void end_header(std::uint64_t body_offset);
  void read_header(std::uint32_t index);
  void read_type(std::uint32_t index);
  void begin_body(std::uint32_t index);
  void end_parts(std::size_t open_count, std::uint32_t outermost, std::uint64_t end);
  std::uint64_t end_part(Part& part, std::uint64_t end) const;

  void report(FindingKind kind, std::uint32_t part);
  void report_traits(std::uint32_t index);
  void report_from();

  HeaderLimits limits_;
  Structure structure_;
  State state_ = State::Header;
  std::uint32_t current_ = 0;  // The part whose header or body the next line belongs to.
  std::vector<OpenMultipart> open_;
  std::vector<std::uint32_t> last_child_;  // By part, to link siblings.
  std::vector<std::uint32_t> reported_;    // By part, one bit for each finding kind.
  HeldLine held_;
  std::uint64_t offset_ = 0;           // Of the next line.
  std::uint32_t line_end_before_ = 0;  // Octets of the line end before it.
  std::uint64_t header_bytes_ = 0;
  bool is_header_cut_ = false;  // The header being read is above a limit.
  bool counts_delimiters_ = true;
};

}  // namespace sealgate::engine::mime
