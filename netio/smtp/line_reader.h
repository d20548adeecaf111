// SPDX-License-Identifier: Apache-2.0
//
// LineReader gathers command and reply lines from pieces of any size. Memory is bounded: of a
// line that is too long the rest is read away up to its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sealgate::netio {

class LineReader {
 public:
  enum class Outcome : std::uint8_t {
    NeedMore,  // All of the input was taken; no line has ended.
    Line,      // line() is a line that ended in CR LF.
    BareLine,  // line() is a line that ended in LF alone.
    TooLong,   // A line above the limit has ended.
  };

  // `bytes_max` counts the line with its end.
  explicit LineReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes bytes from the front of `input`, at most to the end of a line.
  Outcome read(ByteView& input);

  // Without its line end; valid until the next read().
  std::string_view line() const { return line_; }
  // Whether part of a line has come.
  bool is_inside() const { return !is_done_ && (!line_.empty() || is_too_long_); }

 private:
  std::size_t bytes_max_;
  std::string line_;
  bool is_done_ = false;
  bool is_too_long_ = false;
};

}  // namespace sealgate::netio
