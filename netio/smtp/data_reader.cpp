// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/data_reader.h"

#include <cstring>

#include "base/check.h"

namespace sealgate::netio {
namespace {

// The place of `character` in `text` from `from` on, or the size of `text`.
std::size_t find(ByteView text, std::size_t from, char character) {
  if (from == text.size()) return from;
  const void* found = std::memchr(text.data() + from, character, text.size() - from);
  if (found == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - text.data());
}

}  // namespace

void DataReader::emit(const Slice& input, std::size_t from, std::size_t to,
                      std::vector<Slice>& content) {
  if (from == to) return;
  size_ += to - from;
  content.push_back(Slice{.owner = input.owner, .bytes = input.bytes.subspan(from, to - from)});
}

std::size_t DataReader::skip_line(ByteView text, std::size_t from) {
  const std::size_t cr = find(text, from, '\r');
  if (find(text.first(cr), from, '\n') != cr) is_malformed_ = true;
  if (cr == text.size()) return cr;
  state_ = State::Cr;
  return cr + 1;
}

std::size_t DataReader::read(const Slice& input, std::vector<Slice>& content) {
  SG_CHECK(!has_ended());
  const ByteView text = input.bytes;
  std::size_t at = 0;
  std::size_t from = 0;  // Where content not yet given out begins.
  while (at < text.size()) {
    const std::uint8_t byte = text[at];
    switch (state_) {
      case State::LineStart:
        state_ = State::InLine;
        if (byte != '.') break;
        emit(input, from, at, content);
        from = ++at;
        state_ = State::Dot;
        break;
      case State::Dot:
        // A line's first dot is stuffing, or with CR LF behind it the end.
        state_ = byte == '\r' ? State::DotCr : State::InLine;
        if (byte == '\r') from = ++at;
        break;
      case State::DotCr:
        if (byte == '\n') {
          state_ = State::Ended;
          return at + 1;
        }
        // The CR was bare. Malformed content is not looked at by anyone: it need not come back.
        is_malformed_ = true;
        state_ = byte == '\r' ? State::Cr : State::InLine;
        if (byte == '\r') ++at;
        break;
      case State::InLine:
        at = skip_line(text, at);
        break;
      case State::Cr:
        if (byte == '\n') {
          state_ = State::LineStart;
        } else {
          is_malformed_ = true;
          if (byte != '\r') state_ = State::InLine;
        }
        if (byte == '\n' || byte == '\r') ++at;
        break;
      case State::Ended:
        return at;
    }
  }
  emit(input, from, at, content);
  return at;
}

void LineEndCheck::add(ByteView bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !is_malformed_) {
    if (is_after_cr_) {
      is_after_cr_ = false;
      is_malformed_ = bytes[at++] != '\n';
      continue;
    }
    const std::size_t cr = find(bytes, at, '\r');
    is_malformed_ = find(bytes.first(cr), at, '\n') != cr;
    is_after_cr_ = cr < bytes.size();
    at = cr + 1;
  }
}

}  // namespace sealgate::netio
