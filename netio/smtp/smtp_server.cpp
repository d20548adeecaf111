// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/smtp_server.h"

#include <utility>

#include "netio/smtp/reply.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {

SmtpServer::SmtpServer(ServerShard& shard, const ListenerRules& listener, const Endpoint& peer)
    : shard_(shard),
      listener_(listener),
      client_address_(peer.address),
      may_relay_(listener.relay.contains(peer.address)),
      may_forward_(listener.forward.contains(peer.address)),
      output_(shard.writer) {}

void SmtpServer::begin(TimePoint now) {
  output_.add_static("220 ");
  output_.add_copy(shard_.settings.hostname);
  output_.add_static(listener_.settings.speaks_lmtp ? " LMTP Sealgate\r\n" : " ESMTP Sealgate\r\n");
  set_deadline(now);
}

void SmtpServer::receive(Slice bytes, TimePoint now) {
  if (ending() != Ending::None) return;
  kept_bytes_ += bytes.bytes.size();
  kept_.push_back(std::move(bytes));
  // The transport was told to stop reading long ago.
  if (!wants_input() && kept_bytes_ > kKeptBytesMax) {
    leave("421 4.7.0 Too much sent ahead\r\n");
    return;
  }
  run(now);
}

void SmtpServer::run(TimePoint now) {
  while (wants_input() && !kept_.empty()) {
    Slice& front = kept_.front();
    const std::size_t before = front.bytes.size();
    if (phase_ == Phase::Data) {
      front.bytes = front.bytes.subspan(read_data(front));
      set_deadline(now);
    } else if (phase_ == Phase::Chunk) {
      front.bytes = front.bytes.subspan(read_chunk(front));
      set_deadline(now);
    } else {
      read_command(front.bytes, now);
    }
    kept_bytes_ -= before - front.bytes.size();
    if (front.bytes.empty()) kept_.pop_front();
  }
  if (ending() != Ending::None) {
    kept_.clear();
    kept_bytes_ = 0;
  } else if (has_ended_ && wants_input()) {
    // Nothing can come that would complete what the client began.
    lost();
    output_.end(Ending::Close);
  }
}

void SmtpServer::read_command(ByteView& input, TimePoint now) {
  switch (lines_.read(input)) {
    case LineReader::Outcome::NeedMore:
      // No new deadline: who sends one character a minute is not busy.
      return;
    case LineReader::Outcome::TooLong:
      refuse("500 5.5.2 The line is too long\r\n");
      break;
    case LineReader::Outcome::BareLine:
      refuse("500 5.5.2 Lines must end in CR LF\r\n");
      break;
    case LineReader::Outcome::Line:
      if (!is_free_of_controls(lines_.line())) {
        refuse("500 5.5.2 Control characters are not allowed in commands\r\n");
      } else if (!is_utf8(lines_.line())) {
        refuse("500 5.5.2 The command is not valid UTF-8\r\n");
      } else {
        obey(parse_command(lines_.line()));
      }
      break;
  }
  set_deadline(now);
}

bool SmtpServer::wants_input() const {
  return ending() == Ending::None && phase_ != Phase::Waiting &&
         unread_bytes_ + output_.size() <= kUnreadBytesMax;
}

void SmtpServer::set_deadline(TimePoint now) {
  const Timeouts& timeouts = shard_.settings.timeouts;
  if (phase_ == Phase::Waiting) {
    deadline_ = TimePoint::max();  // The engine answers every message.
  } else {
    deadline_ = now + (phase_ == Phase::Command ? timeouts.command : timeouts.data_block);
  }
}

void SmtpServer::sent(TimePoint now) {
  unread_bytes_ = 0;
  run(now);
}

void SmtpServer::ended(TimePoint now) {
  has_ended_ = true;
  run(now);
}

void SmtpServer::lost() {
  if (!message_) return;
  shard_.events.emplace_back(engine::MessageAbandoned{.id = *message_});
  ++shard_.counters.messages_abandoned;
  message_.reset();
}

void SmtpServer::expire() {
  ++shard_.counters.client_timeouts;
  lost();
  leave("421 4.4.2 Timed out waiting for you\r\n");
}

void SmtpServer::drain() {
  const bool is_idle = phase_ == Phase::Command && !has_sender_;
  if (!shard_.is_draining || !is_idle || ending() != Ending::None) return;
  leave("421 4.3.2 Going down; try again later\r\n");
}

Chain SmtpServer::take_output() {
  unread_bytes_ += output_.size();
  return output_.take();
}

void SmtpServer::say(std::string_view reply) {
  output_.add_static(reply);
}

void SmtpServer::refuse(std::string_view reply) {
  ++shard_.counters.client_errors;
  say(reply);
  if (++errors_ >= kErrorsMax) leave("421 4.7.0 Too many errors\r\n");
}

void SmtpServer::leave(std::string_view reply) {
  if (ending() != Ending::None) return;
  say(reply);
  lost();
  output_.end(Ending::Close);
}

bool SmtpServer::is_short_of_segments(std::uint64_t wanted_bytes) const {
  const std::uint64_t free = shard_.pool.free_count();
  if (free < shard_.settings.segments_reserve) return true;
  return wanted_bytes / kSegmentBytes > free - shard_.settings.segments_reserve;
}

}  // namespace sealgate::netio
