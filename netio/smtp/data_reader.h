// SPDX-License-Identifier: Apache-2.0
//
// DataReader finds the end of the content of DATA and takes the dot-stuffing out (RFC 5321,
// 4.5.2) without copying: what comes out are pieces of the slices that went in.
//
// Only CR LF "." CR LF ends the content. A CR or LF alone never ends a line, nor the content
// (RFC 5321, 2.3.8 and 4.1.1.4): a relay that takes "\n.\n" for the end lets a client smuggle a
// second message past the next hop. Content that holds one is_malformed().
#pragma once

#include <cstdint>
#include <vector>

#include "base/segment.h"

namespace sealgate::netio {

class DataReader {
 public:
  // Takes bytes from the front of `input`, up to the end of the content; appends the content
  // among them to `content`. How many were taken. Requires: !has_ended().
  std::size_t read(const Slice& input, std::vector<Slice>& content);

  bool has_ended() const { return state_ == State::Ended; }
  bool is_malformed() const { return is_malformed_; }
  // Content so far, without stuffing.
  std::uint64_t size() const { return size_; }

 private:
  enum class State : std::uint8_t { LineStart, Dot, DotCr, InLine, Cr, Ended };
  void emit(const Slice& input, std::size_t from, std::size_t to, std::vector<Slice>& content);
  // The place behind the CR that ends the line `text` begins in, or its size.
  std::size_t skip_line(ByteView text, std::size_t from);

  State state_ = State::LineStart;
  bool is_malformed_ = false;
  std::uint64_t size_ = 0;
};

// Finds CR and LF that are not together, over pieces of any size: the same rule for content that
// comes by BDAT, and for content before it leaves.
class LineEndCheck {
 public:
  void add(ByteView bytes);
  // Also true where the content ends in a CR, which only finish() can know.
  bool is_malformed() const { return is_malformed_; }
  void finish() { is_malformed_ = is_malformed_ || is_after_cr_; }

 private:
  bool is_after_cr_ = false;
  bool is_malformed_ = false;
};

}  // namespace sealgate::netio
