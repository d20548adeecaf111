// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity/sink_exchange.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <strings.h>

namespace sealgate::capacity {
namespace {

constexpr std::string_view kEnd = "\r\n.\r\n";
constexpr std::size_t kLineMax = 4096;

bool begins_with(std::string_view line, std::string_view verb) {
  return line.size() >= verb.size() && strncasecmp(line.data(), verb.data(), verb.size()) == 0;
}

// The content without its end and its dot-stuffing (RFC 5321, 4.5.2).
std::string unstuffed(std::string_view content) {
  std::string text;
  bool is_line_begin = true;
  for (const char character : content) {
    if (is_line_begin && character == '.') {
      is_line_begin = false;
      continue;
    }
    is_line_begin = character == '\n';
    text += character;
  }
  return text;
}

}  // namespace

void SinkCounts::add(const SinkCounts& other) {
  connections += other.connections;
  messages += other.messages;
  recipients += other.recipients;
  bytes += other.bytes;
  tempfails += other.tempfails;
  rcpt_commands += other.rcpt_commands;
  contents += other.contents;
}

void SinkExchange::take(std::string_view bytes, std::string& replies) {
  while (!bytes.empty() && !is_over_) {
    std::size_t used = 0;
    switch (state_) {
      case State::Command:
        used = take_command(bytes, replies);
        break;
      case State::Content:
        used = take_content(bytes, replies);
        break;
      case State::Chunk:
        used = take_chunk(bytes, replies);
        break;
    }
    bytes.remove_prefix(used);
  }
}

std::size_t SinkExchange::take_command(std::string_view bytes, std::string& replies) {
  const std::size_t end = bytes.find('\n');
  const std::size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
  line_ += bytes.substr(0, used);
  if (line_.size() > kLineMax) {
    replies += "500 5.5.2 line too long\r\n";
    is_over_ = true;
  } else if (end != std::string_view::npos) {
    const std::string line = std::move(line_);
    line_.clear();
    answer(line, replies);
  }
  return used;
}

void SinkExchange::answer(std::string_view line, std::string& replies) {
  if (begins_with(line, "RCPT")) {
    answer_recipient(replies);
  } else if (begins_with(line, "MAIL") || begins_with(line, "RSET")) {
    recipients_ = 0;
    replies += "250 2.0.0 ok\r\n";
  } else if (begins_with(line, "DATA")) {
    if (recipients_ == 0) {
      replies += "554 5.5.1 no valid recipients\r\n";
      return;
    }
    replies += "354 go on\r\n";
    state_ = State::Content;
    is_chunked_ = false;
    content_ = 0;
    matched_ = 2;  // DATA's own CRLF: a lone dot may follow at once.
  } else if (begins_with(line, "BDAT")) {
    begin_chunk(line);
    if (chunk_left_ == 0) take_chunk({}, replies);
  } else if (begins_with(line, "EHLO")) {
    replies +=
        "250-sink.example\r\n250-PIPELINING\r\n250-SIZE 1073741824\r\n250-8BITMIME\r\n"
        "250-SMTPUTF8\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";
  } else if (begins_with(line, "HELO") || begins_with(line, "NOOP")) {
    replies += "250 2.0.0 ok\r\n";
  } else if (begins_with(line, "QUIT")) {
    replies += "221 2.0.0 bye\r\n";
    is_over_ = true;
  } else {
    replies += "500 5.5.1 what?\r\n";
  }
}

void SinkExchange::answer_recipient(std::string& replies) {
  ++counts_->rcpt_commands;
  const std::uint64_t every = script_->tempfail_rcpt_every;
  if (every != 0 && counts_->rcpt_commands % every == 0) {
    ++counts_->tempfails;
    replies += "451 4.3.0 as the script says\r\n";
    return;
  }
  ++recipients_;
  replies += "250 2.1.5 ok\r\n";
}

bool SinkExchange::step(char next) {
  if (next == kEnd[static_cast<std::size_t>(matched_)]) {
    ++matched_;
  } else {
    matched_ = next == '\r' ? 1 : 0;
  }
  return matched_ == static_cast<int>(kEnd.size());
}

std::size_t SinkExchange::take_content(std::string_view bytes, std::string& replies) {
  std::size_t at = 0;
  bool is_complete = false;
  while (at < bytes.size() && !is_complete) {
    if (matched_ > 0) {
      is_complete = step(bytes[at++]);
      continue;
    }
    // Far fewer dots than lines: looking for them costs a tenth of looking at line ends.
    const std::size_t dot = bytes.find('.', at);
    if (dot == std::string_view::npos) {
      for (at = std::max(at, bytes.size() - std::min<std::size_t>(bytes.size(), 2));
           at < bytes.size(); ++at) {
        step(bytes[at]);
      }
    } else {
      at = std::max(at, dot - std::min<std::size_t>(dot, 2));
      matched_ = 0;
      for (; at <= dot; ++at) is_complete = step(bytes[at]);
    }
  }
  content_ += at;
  if (kept_ != nullptr) content_kept_ += bytes.substr(0, at);
  if (is_complete) {
    // "CRLF.CRLF" of which the first two end the last line, which belongs to the content.
    const std::uint64_t end = kEnd.size() - 2;
    content_ = content_ >= end ? content_ - end : 0;
    finish_message(replies);
  }
  return at;
}

void SinkExchange::begin_chunk(std::string_view line) {
  if (!is_chunked_) content_ = 0;
  is_chunked_ = true;
  chunk_left_ = std::strtoull(std::string(line.substr(4)).c_str(), nullptr, 10);
  is_last_chunk_ = strcasestr(std::string(line).c_str(), "LAST") != nullptr;
  state_ = State::Chunk;
}

std::size_t SinkExchange::take_chunk(std::string_view bytes, std::string& replies) {
  const std::size_t used = std::min<std::uint64_t>(bytes.size(), chunk_left_);
  chunk_left_ -= used;
  content_ += used;
  if (kept_ != nullptr) content_kept_ += bytes.substr(0, used);
  if (chunk_left_ > 0) return used;
  if (is_last_chunk_) {
    finish_message(replies);
  } else {
    state_ = State::Command;
    replies += "250 2.0.0 go on\r\n";
  }
  return used;
}

void SinkExchange::finish_message(std::string& replies) {
  state_ = State::Command;
  ++counts_->contents;
  const std::uint64_t every = script_->tempfail_data_every;
  const bool is_taken = recipients_ > 0 && (every == 0 || counts_->contents % every != 0);
  if (is_taken) {
    ++counts_->messages;
    counts_->recipients += recipients_;
    counts_->bytes += content_;
    if (kept_ != nullptr) {
      content_kept_.resize(content_);
      *kept_ = is_chunked_ ? content_kept_ : unstuffed(content_kept_);
    }
    replies += "250 2.0.0 taken\r\n";
  } else {
    ++counts_->tempfails;
    replies += "451 4.3.0 as the script says\r\n";
  }
  recipients_ = 0;
  is_chunked_ = false;
  content_kept_.clear();
}

}  // namespace sealgate::capacity
