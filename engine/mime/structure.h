// SPDX-License-Identifier: Apache-2.0
//
// What a message is made of: a tree of parts, each a few spans over the message's bytes. The
// body is never copied; the header fields are kept as text beside the spans, because every
// later stage asks for them.
//
// All offsets count from the first byte of the message. Part 0 is the message itself.
// Threading: a Structure is a value; const use from anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "engine/api/finding.h"
#include "engine/mime/media_type.h"

namespace sealgate::engine::mime {

struct Span {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  std::uint64_t end() const { return offset + length; }
  bool is_empty() const { return length == 0; }
  bool operator==(const Span&) const = default;
};

struct HeaderField {
  Span whole;  // With the folded lines and the last line end.
  Span name;   // Without the colon. Empty for an mbox "From " line before the first field.
  Span value;  // After the colon, with folding and leading blanks, without the last line end.
};

// RFC 2045, 6.1. A part without the field is SevenBit.
enum class TransferEncoding : std::uint8_t {
  SevenBit,
  EightBit,
  Binary,
  QuotedPrintable,
  Base64,
  Unknown,
};

// What lines hold that not every transport carries unchanged.
struct LineTraits {
  static constexpr std::uint64_t kLineBytesMax = 998;  // RFC 5322, 2.1.1, without CRLF.

  bool has_eight_bit = false;
  bool has_nul = false;
  bool has_bare_cr = false;
  bool has_bare_lf = false;
  bool has_trailing_blank = false;  // Space or tab before a line end or the end of the body.
  bool has_from_line = false;       // A line that begins "From ", which mbox stores quote.
  std::uint64_t longest_line = 0;   // Octets, without its line end.

  // RFC 8551, 3.1.3: nothing that a 7-bit transport refuses or cuts.
  bool is_seven_bit() const {
    return !has_eight_bit && !has_nul && !has_bare_cr && !has_bare_lf &&
           longest_line <= kLineBytesMax;
  }
  // ... nor anything that a careless one changes.
  bool is_transport_safe() const { return is_seven_bit() && !has_trailing_blank && !has_from_line; }
  void add(const LineTraits& other);
  bool operator==(const LineTraits&) const = default;
};

inline constexpr std::uint32_t kNoPart = UINT32_MAX;

struct Part {
  std::uint32_t parent = kNoPart;
  std::uint32_t first_child = kNoPart;
  std::uint32_t next_sibling = kNoPart;
  std::uint32_t depth = 0;
  Span whole;      // header, empty line, body. Its last line end belongs to the delimiter.
  Span header;     // The field lines, without the empty line that ends them.
  Span body;       // Behind the empty line. Multipart: preamble, children, delimiters, epilogue.
  Span delimiter;  // Child of a multipart: the line that begins it, with its line end.
  Span close_delimiter;  // Multipart: the line "--boundary--"; empty when it is never closed.
  std::uint32_t first_field = 0;  // See Structure::fields().
  std::uint32_t field_count = 0;
  MediaType type;  // RFC 2045, 5.2 default where the field is absent or malformed.
  TransferEncoding encoding = TransferEncoding::SevenBit;
  LineTraits header_traits;  // Of the header lines.
  LineTraits body_traits;    // Leaf: of the body. Else: of preamble, delimiters, epilogue only.
  LineTraits all_traits;     // Of header, body and everything below.

  // Has children: a multipart taken apart, or a message/rfc822.
  bool is_leaf() const { return first_child == kNoPart; }
};

class Structure {
 public:
  std::uint64_t size() const { return size_; }
  const std::vector<Part>& parts() const { return parts_; }
  const Part& part(std::uint32_t index) const { return parts_[index]; }
  // At most one of each kind for a part, in the order of discovery.
  const std::vector<Finding>& findings() const { return findings_; }
  bool has_finding(FindingKind kind) const;

  // The fields of a part's header in their order.
  std::span<const HeaderField> fields(std::uint32_t part) const;
  // The raw text of a field; views live as long as the Structure.
  std::string_view name(const HeaderField& field) const;
  std::string_view value(const HeaderField& field) const;
  std::string_view whole(const HeaderField& field) const;

  // The `nth` field (from 0) of this name (any case), or null.
  const HeaderField* find(std::uint32_t part, std::string_view name, std::uint32_t nth) const;
  // The raw value of the first field of this name, unfolded and without outer blanks; empty
  // optional when there is none. Decode text with decode_header_text().
  std::optional<std::string> field_text(std::uint32_t part, std::string_view name) const;

  // The file name a part gives itself: Content-Disposition filename, else Content-Type name;
  // UTF-8; "" without either.
  std::string attachment_name(std::uint32_t part) const;

 private:
  friend class Reader;
  struct HeaderText {  // header_text_[at ..] holds the message's bytes from `offset`.
    std::uint64_t offset;
    std::size_t at;
  };
  std::string_view text(Span span) const;

  std::uint64_t size_ = 0;
  std::vector<Part> parts_;
  std::vector<HeaderField> fields_;
  std::vector<Finding> findings_;
  std::vector<HeaderText> header_index_;
  std::string header_text_;
};

// For explanations: "base64".
std::string_view name_of(TransferEncoding encoding);

}  // namespace sealgate::engine::mime
