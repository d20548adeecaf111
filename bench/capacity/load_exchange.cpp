// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity/load_exchange.h"

#include <cctype>
#include <utility>

namespace sealgate::capacity {
namespace {

// 0 when the line does not begin with three digits.
int code_of(std::string_view line) {
  if (line.size() < 3) return 0;
  int code = 0;
  for (const char digit : line.substr(0, 3)) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return 0;
    code = code * 10 + (digit - '0');
  }
  return code;
}

}  // namespace

void LoadExchange::begin_connection() {
  *this = LoadExchange();
}

void LoadExchange::begin_message(std::string_view sender, std::span<const std::string> recipients) {
  state_ = State::Envelope;
  group_.clear();
  group_.push_back("MAIL FROM:<" + std::string(sender) + ">\r\n");
  for (const std::string& recipient : recipients) {
    group_.push_back("RCPT TO:<" + recipient + ">\r\n");
  }
  group_.emplace_back("DATA\r\n");
  answered_ = 0;
  first_failure_ = 0;
  outcome_ = 0;
  sent_ = has_pipelining_ ? group_.size() : 1;
  for (std::size_t i = 0; i < sent_; ++i) output_ += group_[i];
}

void LoadExchange::begin_quit() {
  state_ = State::Quit;
  output_ += "QUIT\r\n";
}

std::string LoadExchange::take_commands() {
  return std::exchange(output_, {});
}

LoadExchange::Step LoadExchange::take(std::string_view bytes) {
  constexpr std::size_t kInputMax = 64 * 1024;
  input_ += bytes;
  if (input_.size() > kInputMax) return Step::Over;
  int code = 0;
  std::string text;
  while (take_reply(code, text)) {
    if (code < 200) return Step::Over;
    const Step step = on_reply(code, text);
    if (step != Step::Wait) return step;
  }
  return Step::Wait;
}

// Moves one whole reply (all its lines) out of the input; 0 stands for what is no reply.
bool LoadExchange::take_reply(int& code, std::string& text) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = input_.find('\n', begin);
    if (end == std::string::npos) return false;
    const std::string_view line = std::string_view(input_).substr(begin, end - begin);
    code = code_of(line);
    begin = end + 1;
    if (code != 0 && line.size() > 3 && line[3] == '-') continue;
    text = input_.substr(0, begin);
    input_.erase(0, begin);
    return true;
  }
}

LoadExchange::Step LoadExchange::on_reply(int code, std::string_view text) {
  switch (state_) {
    case State::Greeting:
      if (code != 220) return Step::Over;
      state_ = State::Hello;
      output_ += "EHLO load.example\r\n";
      return Step::Send;
    case State::Hello:
      if (code != 250) return Step::Over;
      has_pipelining_ = text.find("PIPELINING") != std::string_view::npos;
      state_ = State::Idle;
      return Step::Ready;
    case State::Envelope:
      return on_envelope_reply(code);
    case State::Content:
      outcome_ = code < 400 && first_failure_ != 0 ? first_failure_ : code;
      state_ = State::Idle;
      return Step::Finished;
    case State::Reset:
      state_ = State::Idle;
      return Step::Finished;
    case State::Idle:  // Nothing was asked: 421 before a server closes.
    case State::Quit:
      return Step::Over;
  }
  return Step::Over;
}

LoadExchange::Step LoadExchange::on_envelope_reply(int code) {
  const bool is_data = answered_ + 1 == group_.size();
  ++answered_;
  if (code >= 400 && first_failure_ == 0) first_failure_ = code;
  if (is_data && code == 354) {
    state_ = State::Content;
    return Step::SendContent;
  }
  if (is_data) {
    outcome_ = first_failure_ != 0 ? first_failure_ : code;
    state_ = State::Reset;
    output_ += "RSET\r\n";
    return Step::Send;
  }
  if (sent_ > answered_) return Step::Wait;
  output_ += group_[sent_++];
  return Step::Send;
}

}  // namespace sealgate::capacity
