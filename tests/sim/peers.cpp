// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/peers.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sealgate::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kAttemptsMax = 12;
constexpr Duration kRetryDelay = 60s;

bool starts_with(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

std::string address_in(const std::string& line) {
  const std::size_t from = line.find('<') + 1;
  return line.substr(from, line.find('>') - from);
}

}  // namespace

bool LineBuffer::take(std::string& line) {
  const std::size_t end = text_.find("\r\n");
  if (end == std::string::npos) return false;
  line = text_.substr(0, end);
  text_.erase(0, end + 2);
  return true;
}

// ---- next hop ----

void NextHopPeer::opened() {
  reply("220 mx.example.net ready");
}

void NextHopPeer::take(std::string_view bytes) {
  lines_.add(bytes);
  std::string line;
  while (!is_closed_ && lines_.take(line)) {
    if (is_content_) {
      content_line(line);
    } else {
      command(line);
    }
  }
}

void NextHopPeer::command(const std::string& line) {
  if (stage_.happens(stage_.chances.hop_lost)) return stage_.network.reset(id_);
  if (starts_with(line, "EHLO")) {
    return reply("250-mx.example.net\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES");
  }
  if (starts_with(line, "MAIL")) {
    addresses_.clear();
    return reply("250 2.1.0 ok");
  }
  if (starts_with(line, "RCPT")) {
    if (stage_.happens(stage_.chances.recipient_gone)) return reply("550 5.1.1 no such user");
    if (stage_.happens(stage_.chances.recipient_later)) return reply("450 4.2.1 later");
    addresses_.push_back(address_in(line));
    return reply("250 2.1.5 ok");
  }
  if (starts_with(line, "DATA")) {
    if (addresses_.empty()) return reply("503 5.5.1 nobody to send to");
    is_content_ = true;
    content_.clear();
    return reply("354 go on");
  }
  if (starts_with(line, "QUIT")) {
    reply("221 2.0.0 bye");
    return stage_.network.finish(id_);
  }
  if (starts_with(line, "RSET") || starts_with(line, "NOOP")) {
    addresses_.clear();
    return reply("250 2.0.0 ok");
  }
  reply("500 5.5.2 what?");
}

void NextHopPeer::content_line(const std::string& line) {
  if (line == ".") {
    is_content_ = false;
    return end_of_content();
  }
  content_ += line[0] == '.' ? line.substr(1) : line;
  content_ += "\r\n";
}

void NextHopPeer::end_of_content() {
  if (stage_.happens(stage_.chances.content_refused)) return reply("554 5.6.0 not wanted");
  if (stage_.happens(stage_.chances.content_later)) return reply("451 4.3.0 later");
  const bool is_lost = stage_.happens(stage_.chances.hop_lost_at_end);
  if (is_lost && stage_.happens(500)) return stage_.network.reset(id_);
  const bool is_thrown_away = stage_.plant == Plant::LostCopy && stage_.happens(100);
  if (!is_thrown_away) stage_.ledger.delivered(content_, addresses_, !is_lost);
  if (stage_.plant == Plant::DoubleDelivery && stage_.happens(100)) {
    stage_.ledger.delivered(content_, addresses_, true);
  }
  addresses_.clear();
  if (is_lost) return stage_.network.reset(id_);
  reply("250 2.0.0 taken");
}

// ---- client ----

TimePoint ClientPeer::next_act() const {
  return step_ == Step::Idle && !waiting_.empty() ? again_at_ : TimePoint::max();
}

void ClientPeer::act() {
  if (step_ == Step::Content && stage_.happens(stage_.chances.client_lost)) return leave();
  if (step_ != Step::Idle || waiting_.empty() || stage_.now < again_at_) return;
  ++current().attempts;
  lines_ = {};
  step_ = Step::Greeting;
  connection_ = stage_.network.open_client(speaks_lmtp_ ? 1 : 0, *this);
}

// The answer may be under way already: then neither side can know, and SMTP delivers again.
void ClientPeer::leave() {
  if (stage_.network.unread(connection_) > 0) {
    for (SimRecipient& recipient : current().recipients) recipient.may_be_twice = true;
  }
  stage_.network.reset(connection_);
}

void ClientPeer::take(std::string_view bytes) {
  lines_.add(bytes);
  std::string line;
  while (step_ != Step::Idle && lines_.take(line)) {
    const bool is_last = line.size() < 4 || line[3] != '-';
    if (is_last) take_reply(static_cast<std::uint32_t>(std::atoi(line.substr(0, 3).c_str())));
  }
}

void ClientPeer::closed() {
  if (step_ != Step::Idle) attempt_failed(421);
}

void ClientPeer::take_reply(std::uint32_t code) {
  switch (step_) {
    case Step::Idle:
      return;
    case Step::Greeting:
      if (code != 220) return attempt_failed(code);
      step_ = Step::Hello;
      return stage_.network.write(
          connection_, speaks_lmtp_ ? "LHLO sim.example.org\r\n" : "EHLO sim.example.org\r\n");
    case Step::Hello:
      if (code != 250) return attempt_failed(code);
      return send_envelope();
    case Step::Envelope:
      return take_envelope_reply(code);
    case Step::Data:
      if (code != 354) return attempt_failed(code);
      step_ = Step::Content;
      replies_due_ = speaks_lmtp_ ? taken_.size() : 1;
      reply_index_ = 0;
      worst_ = 0;
      return stage_.network.write(connection_, current().text);
    case Step::Content:
      return take_final_reply(code);
  }
}

void ClientPeer::send_envelope() {
  SimMessage& message = current();
  asked_.clear();
  taken_.clear();
  std::string commands = "MAIL FROM:<" + message.sender + ">\r\n";
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    if (message.recipients[i].is_answered) continue;
    asked_.push_back(i);
    commands += "RCPT TO:<" + message.recipients[i].address + ">\r\n";
  }
  step_ = Step::Envelope;
  replies_due_ = asked_.size() + 1;
  reply_index_ = 0;
  stage_.network.write(connection_, commands);
}

void ClientPeer::take_envelope_reply(std::uint32_t code) {
  if (code != 250) return attempt_failed(code);
  if (reply_index_ > 0) taken_.push_back(asked_[reply_index_ - 1]);
  ++reply_index_;
  if (reply_index_ < replies_due_) return;
  step_ = Step::Data;
  stage_.network.write(connection_, "DATA\r\n");
}

void ClientPeer::take_final_reply(std::uint32_t code) {
  if (speaks_lmtp_) {
    SimRecipient& recipient = current().recipients[taken_[reply_index_]];
    if (code < 400 || code >= 500) {
      recipient.is_answered = true;
      recipient.is_accepted = code < 400;
    }
    ++reply_index_;
    if (code >= 400 && code < 500) worst_ = code;
    if (reply_index_ < replies_due_) return;
    return worst_ != 0 ? attempt_failed(worst_) : finish(Ending::Accepted);
  }
  if (code == 250) return finish(Ending::Accepted);
  attempt_failed(code);
}

void ClientPeer::attempt_failed(std::uint32_t code) {
  if (code >= 500) return finish(Ending::Refused);
  if (current().attempts >= kAttemptsMax) return finish(Ending::GivenUp);
  step_ = Step::Idle;
  again_at_ = stage_.now + kRetryDelay + std::chrono::seconds(stage_.random.next() % 60);
  stage_.network.finish(connection_);
}

void ClientPeer::finish(Ending ending) {
  const std::uint32_t number = waiting_.front();
  waiting_.erase(waiting_.begin());
  step_ = Step::Idle;
  again_at_ = stage_.now + std::chrono::milliseconds(stage_.random.next() % 500);
  stage_.network.finish(connection_);
  stage_.ledger.answered(number, ending);
}

}  // namespace sealgate::sim
