// SPDX-License-Identifier: Apache-2.0
#include "engine/mime/reader.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/mime/errors.h"

namespace sealgate::engine::mime {
namespace {

// What is kept of an unfinished body line: a delimiter line is no longer than this.
constexpr std::size_t kLineStartMax = 1000;
// Where the colon of a field must have come.
constexpr std::size_t kFieldNameBytesMax = 256;
constexpr std::size_t kTailMax = 3;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_trailing_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// RFC 5322, 3.6.8, with blanks before the colon (4.5.3): the octets of the name, 0 where the
// line is no field.
std::size_t field_name_length(std::string_view line) {
  const std::size_t colon = line.substr(0, kFieldNameBytesMax).find(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view name = without_trailing_blanks(line.substr(0, colon));
  const bool is_name =
      std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  return is_name ? name.size() : 0;
}

bool is_mbox_line(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

}  // namespace

Reader::Reader() : Reader(HeaderLimits{}) {}

Reader::Reader(HeaderLimits limits) : limits_(limits) {
  begin_part(kNoPart, {}, 0);
}

Result<void> Reader::feed(ByteView bytes) {
  if (bytes.size() > kMessageBytesMax - structure_.size_) return kMessageTooLarge;
  structure_.size_ += bytes.size();
  while (!bytes.empty()) {
    const LineScan scan = scan_line(bytes);
    const std::string_view text = as_text(bytes.first(scan.length));
    if (held_.scan.length > 0 || !scan.has_line_feed) {
      hold(bytes.first(scan.length), scan);
      if (scan.has_line_feed) take_held_line();
    } else {
      const Line line{.start = text,
                      .offset = offset_,
                      .length = scan.length,
                      .end_length = line_end_length(text),
                      .traits = line_traits(text, scan.length, scan)};
      take_line(line);
    }
    bytes = bytes.subspan(scan.length);
  }
  return {};
}

void Reader::hold(ByteView bytes, const LineScan& scan) {
  const std::string_view text = as_text(bytes);
  const std::size_t room_max = state_ == State::Header ? limits_.bytes + 1 : kLineStartMax + 1;
  if (held_.start.size() < room_max) {
    held_.start += text.substr(0, room_max - held_.start.size());
  }
  held_.scan.length += scan.length;
  held_.scan.carriage_returns += scan.carriage_returns;
  held_.scan.has_line_feed = scan.has_line_feed;
  held_.scan.has_eight_bit |= scan.has_eight_bit;
  held_.scan.has_nul |= scan.has_nul;
  held_.tail += text.substr(text.size() - std::min(text.size(), kTailMax));
  if (held_.tail.size() > kTailMax) held_.tail.erase(0, held_.tail.size() - kTailMax);
}

void Reader::take_held_line() {
  const HeldLine held = std::exchange(held_, HeldLine());
  Line line{.start = held.start,
            .offset = offset_,
            .length = held.scan.length,
            .end_length = line_end_length(held.tail),
            .traits = line_traits(held.tail, held.scan.length, held.scan)};
  line.traits.has_from_line = line.start.starts_with("From ");
  take_line(line);
}

void Reader::take_line(const Line& line) {
  bool is_taken = false;
  // A line that is no header line ends the header, and may then be the first line of the header
  // of a nested message.
  while (state_ == State::Header && !is_taken) is_taken = take_header_line(line);
  if (!is_taken) take_body_line(line);
  offset_ = line.offset + line.length;
  line_end_before_ = line.end_length;
}

bool Reader::take_header_line(const Line& line) {
  if (take_delimiter(line)) return true;
  Part& part = structure_.parts_[current_];
  if (line.length == line.end_length) {
    part.header_traits.add(line.traits);
    end_header(line.offset + line.length);
    return true;
  }
  const bool is_first = part.header.is_empty();
  const bool is_continuation = !is_first && is_blank(line.start.front());
  const bool begins_field = !is_continuation && (field_name_length(line.start) > 0 ||
                                                 (is_first && is_mbox_line(line.start)));
  if (!is_continuation && !begins_field) {
    report(FindingKind::HeaderLineWithoutColon, current_);
    end_header(line.offset);
    return false;
  }
  append_header_line(line, begins_field);
  return true;
}

void Reader::append_header_line(const Line& line, bool begins_field) {
  Part& part = structure_.parts_[current_];
  part.header.length += line.length;
  part.header_traits.add(line.traits);
  header_bytes_ += line.length;
  if (header_bytes_ > limits_.bytes ||
      (begins_field && structure_.fields_.size() == limits_.fields)) {
    is_header_cut_ = true;
  }
  if (is_header_cut_) {
    report(FindingKind::HeaderTooLarge, current_);
    return;
  }
  if (begins_field) {
    structure_.fields_.push_back(
        HeaderField{.whole = {line.offset, line.length}, .name = {}, .value = {}});
    ++part.field_count;
  } else {
    structure_.fields_.back().whole.length += line.length;
  }
  std::string& text = structure_.header_text_;
  const std::size_t at = text.size();
  text.resize(at + line.start.size());
  copy_bytes(MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size()).subspan(at),
             as_bytes(line.start));
}

void Reader::take_body_line(const Line& line) {
  if (line.start.starts_with("--") && take_delimiter(line)) return;
  structure_.parts_[current_].body_traits.add(line.traits);
}

bool Reader::take_delimiter(const Line& line) {
  if (!counts_delimiters_ || line.length > kLineStartMax || !line.start.starts_with("--")) {
    return false;
  }
  const std::string_view text = without_trailing_blanks(without_line_end(line.start)).substr(2);
  for (std::size_t i = open_.size(); i > 0; --i) {
    OpenMultipart& open = open_[i - 1];
    if (open.is_closed || !text.starts_with(open.boundary)) continue;
    const std::string_view rest = text.substr(open.boundary.size());
    if (!rest.empty() && rest != "--") continue;
    // A header that ends here may bring an empty message of its own.
    const std::size_t count = structure_.parts_.size() + (state_ == State::Header ? 1 : 0);
    if (rest.empty() && count >= kPartsMax) {
      report(FindingKind::TooManyParts, open.part);
      counts_delimiters_ = false;
      return false;
    }
    const std::uint32_t owner = open.part;
    // RFC 2046, 5.1.1: the line end before a delimiter belongs to the delimiter.
    end_parts(i, owner, line.offset - line_end_before_);
    structure_.parts_[owner].body_traits.add(line.traits);
    const Span whole{line.offset, line.length};
    if (rest.empty()) {
      begin_part(owner, whole, whole.end());
    } else {
      open_[i - 1].is_closed = true;
      structure_.parts_[owner].close_delimiter = whole;
      current_ = owner;
      state_ = State::Body;
    }
    return true;
  }
  return false;
}

}  // namespace sealgate::engine::mime
