// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/line_reader.h"

#include <algorithm>

namespace sealgate::netio {

LineReader::Outcome LineReader::read(ByteView& input) {
  if (is_done_) {
    line_.clear();
    is_done_ = false;
    is_too_long_ = false;
  }
  const std::string_view text = as_text(input);
  const std::size_t end = text.find('\n');
  const std::string_view piece = text.substr(0, end == text.npos ? end : end + 1);
  input = input.subspan(piece.size());
  if (piece.size() > bytes_max_ - line_.size()) is_too_long_ = true;
  if (is_too_long_) {
    line_.clear();
  } else {
    line_.append(piece);
  }
  if (end == text.npos) return Outcome::NeedMore;

  is_done_ = true;
  if (is_too_long_) return Outcome::TooLong;
  line_.pop_back();
  if (line_.empty() || line_.back() != '\r') return Outcome::BareLine;
  line_.pop_back();
  return Outcome::Line;
}

}  // namespace sealgate::netio
