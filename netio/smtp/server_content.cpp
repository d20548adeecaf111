// SPDX-License-Identifier: Apache-2.0
//
// The content of SmtpServer: DATA, BDAT, and the reply to it.
#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"
#include "netio/smtp/reply.h"
#include "netio/smtp/smtp_server.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

// Room in the top bits of a MessageId for the shard's number.
constexpr unsigned kShardShift = 48;

// Pieces smaller than this, more than so many in a row, are copied together.
constexpr std::size_t kPieceBytesMin = 256;
constexpr std::uint32_t kSmallPiecesMax = 16;

bool is_behind(const Slice& last, const Slice& next) {
  return !last.owner.is_null() && last.owner.index() == next.owner.index() &&
         last.bytes.data() + last.bytes.size() == next.bytes.data();
}

}  // namespace

// Refuses where the transaction is not complete or no buffers are left.
bool SmtpServer::may_begin_content() {
  if (!has_sender_) {
    refuse("503 5.5.1 Say MAIL first\r\n");
  } else if (envelope_.recipients.empty()) {
    // RFC 5321, 3.3: 554 where all recipients were refused.
    refuse(was_recipient_refused_ ? "554 5.5.1 No valid recipients\r\n"
                                  : "503 5.5.1 Say RCPT first\r\n");
  } else if (is_short_of_segments(0)) {
    ++shard_.counters.messages_refused_no_segments;
    say("452 4.3.1 Too much mail at once; try again later\r\n");
    reset_transaction();
  } else {
    return true;
  }
  return false;
}

void SmtpServer::begin_message() {
  using engine::Protocol;
  has_begun_ = true;
  ++shard_.counters.messages_begun;
  const std::uint64_t number = ++shard_.messages;
  message_ = {(std::uint64_t{shard_.settings.shard} << kShardShift) | number};
  recipients_ = envelope_.recipients.size();
  envelope_.direction = listener_.settings.direction;
  envelope_.protocol = listener_.settings.speaks_lmtp ? Protocol::Lmtp : Protocol::Smtp;
  envelope_.client_address = client_address_;
  envelope_.client_helo = helo_;
  envelope_.is_extended = is_extended_;
  envelope_.forwarded = forwarded_;
  shard_.events.emplace_back(
      engine::MessageBegun{.id = *message_, .envelope = std::exchange(envelope_, {})});
}

void SmtpServer::start_data() {
  if (!may_begin_content()) return;
  if (envelope_.body == engine::BodyType::BinaryMime) {
    refuse("503 5.5.1 BODY=BINARYMIME needs BDAT\r\n");  // RFC 3030, 3.
    return;
  }
  begin_message();
  phase_ = Phase::Data;
  say("354 End with CR LF . CR LF\r\n");
}

// RFC 3030, 2: the chunk follows at once, so it must be read whatever the reply will be.
void SmtpServer::start_chunk(std::string_view argument) {
  const std::string_view size = take_word(argument);
  const std::string_view last = take_word(argument);
  const auto bytes = parse_number(size);
  const bool is_valid =
      bytes && (last.empty() || equal_ignoring_case(last, "LAST")) && take_word(argument).empty();
  if (!is_valid) {
    // Where the chunk ends is unknown: reading on would take content for commands.
    ++shard_.counters.client_errors;
    say("501 5.5.4 Expected BDAT size [LAST]\r\n");
    leave("421 4.7.0 Cannot tell content from commands\r\n");
    return;
  }
  chunk_left_ = *bytes;
  is_last_chunk_ = !last.empty();
  is_chunk_ignored_ = !has_begun_ && !may_begin_content();
  if (!is_chunk_ignored_ && !has_begun_) {
    is_binary_ = envelope_.body == engine::BodyType::BinaryMime;
    begin_message();
  }
  phase_ = Phase::Chunk;
  if (chunk_left_ == 0) finish_chunk();
}

std::size_t SmtpServer::read_data(const Slice& input) {
  pieces_.clear();
  const std::size_t taken = data_.read(input, pieces_);
  if (data_.is_malformed()) {
    if (message_) ++shard_.counters.messages_refused_bare_line_end;
    give_verdict({.code = 550,
                  .enhanced = "5.6.11",
                  .text = "The message has a CR or LF alone; lines must end in CR LF"});
  }
  for (Slice& piece : pieces_) take_content(std::move(piece));
  pieces_.clear();
  if (data_.has_ended()) finish_content();
  return taken;
}

std::size_t SmtpServer::read_chunk(const Slice& input) {
  const auto taken =
      static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, input.bytes.size()));
  const ByteView bytes = input.bytes.first(taken);
  chunk_left_ -= taken;
  if (!is_chunk_ignored_) {
    if (!is_binary_) line_ends_.add(bytes);
    take_content({.owner = input.owner, .bytes = bytes});
  }
  if (chunk_left_ == 0) finish_chunk();
  return taken;
}

void SmtpServer::take_content(Slice bytes) {
  content_bytes_ += bytes.bytes.size();
  if (!message_) return;
  check_content_limits();
  if (!message_) return;
  small_pieces_ = bytes.bytes.size() < kPieceBytesMin ? small_pieces_ + 1 : 0;
  if (small_pieces_ > kSmallPiecesMax && join_to_last(bytes)) return;
  shard_.events.emplace_back(engine::MessageBytes{.id = *message_, .bytes = std::move(bytes)});
}

// Lines that all begin with a dot and chunks of one byte part content into pieces that cost more
// to keep track of than they hold: 50 MiB of them would take gigabytes. False without a segment.
bool SmtpServer::join_to_last(const Slice& bytes) {
  const Result<MutableBytes> room = shard_.writer.reserve(bytes.bytes.size());
  if (!room) return false;
  copy_bytes(room.value(), bytes.bytes);
  shard_.writer.commit(bytes.bytes.size());
  const Chain written = shard_.writer.take();
  const Slice& copy = written.slices().front();
  auto* last =
      shard_.events.empty() ? nullptr : std::get_if<engine::MessageBytes>(&shard_.events.back());
  if (last != nullptr && last->id == *message_ && is_behind(last->bytes, copy)) {
    last->bytes.bytes = {last->bytes.bytes.data(), last->bytes.bytes.size() + copy.bytes.size()};
  } else {
    shard_.events.emplace_back(engine::MessageBytes{.id = *message_, .bytes = copy});
  }
  return true;
}

void SmtpServer::check_content_limits() {
  if (content_bytes_ > listener_.settings.message_bytes_max) {
    ++shard_.counters.messages_refused_too_big;
    give_verdict({.code = 552, .enhanced = "5.3.4", .text = "The message is too big"});
  } else if (shard_.pool.free_count() < shard_.settings.segments_reserve / 2) {
    // Were all messages to wait for the end of theirs, none could ever leave.
    ++shard_.counters.messages_refused_no_segments;
    give_verdict(
        {.code = 452, .enhanced = "4.3.1", .text = "Too much mail at once; try again later"});
  }
}

void SmtpServer::finish_chunk() {
  phase_ = Phase::Command;
  if (is_chunk_ignored_) return;  // may_begin_content() has replied.
  if (is_last_chunk_ && !is_binary_) line_ends_.finish();
  if (line_ends_.is_malformed()) {
    if (message_) ++shard_.counters.messages_refused_bare_line_end;
    give_verdict({.code = 550,
                  .enhanced = "5.6.11",
                  .text = "The message has a CR or LF alone; declare BODY=BINARYMIME"});
  }
  if (is_last_chunk_) return finish_content();
  if (!verdict_.empty() && !verdict_.front().is_positive()) {
    // RFC 3030, 2: the transaction has failed; chunks that follow get 503.
    output_.add_copy(format_reply(verdict_.front()));
    reset_transaction();
    return;
  }
  say("250 2.0.0 Chunk ok\r\n");
}

void SmtpServer::finish_content() {
  if (!verdict_.empty()) return reply_to_content(std::exchange(verdict_, {}));
  ++shard_.counters.messages_ended;
  shard_.events.emplace_back(engine::MessageEnded{.id = *message_});
  phase_ = Phase::Waiting;
}

// netio's own refusal: the rest of the content is read away.
void SmtpServer::give_verdict(engine::Reply reply) {
  if (!verdict_.empty() && !verdict_.front().is_positive()) return;
  lost();
  verdict_.assign(1, std::move(reply));
}

void SmtpServer::answer(const engine::Answer& answer, TimePoint now) {
  SG_CHECK(message_ && answer.id == *message_);
  SG_CHECK(answer.replies.size() == 1 || answer.replies.size() == recipients_);
  message_.reset();
  if (phase_ != Phase::Waiting) {
    verdict_ = answer.replies;
    return;
  }
  reply_to_content(answer.replies);
  set_deadline(now);
  run(now);
}

// RFC 2033, 4.2: LMTP has one reply for each recipient that was taken.
void SmtpServer::reply_to_content(const std::vector<engine::Reply>& replies) {
  const std::size_t count = listener_.settings.speaks_lmtp ? recipients_ : 1;
  bool is_last = false;
  for (std::size_t i = 0; i < count; ++i) {
    const engine::Reply& reply = replies[replies.size() == 1 ? 0 : i];
    output_.add_copy(format_reply(reply));
    is_last = is_last || reply.code == 421;
    MailServiceCounters& counters = shard_.counters;
    ++(reply.is_positive()    ? counters.answers_positive
       : reply.is_transient() ? counters.answers_transient
                              : counters.answers_permanent);
    if (reply.is_positive()) idle_commands_ = 0;
  }
  reset_transaction();
  if (is_last) {
    output_.end(Ending::Close);
  } else if (shard_.is_draining) {
    leave("421 4.3.2 Going down; try again later\r\n");
  }
}

}  // namespace sealgate::netio
