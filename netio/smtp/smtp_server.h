// SPDX-License-Identifier: Apache-2.0
//
// SmtpServer holds one exchange with one client: SMTP (RFC 5321) or LMTP (RFC 2033) with
// PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531),
// ENHANCEDSTATUSCODES (RFC 2034), DSN (RFC 3461), CHUNKING and BINARYMIME (RFC 3030) and, for
// trusted clients, XFORWARD.
//
// Bytes go in as they come, in pieces of any size; what happens does not depend on where they are
// cut. While a message waits for its Answer, and while the client does not read its replies, no
// further command is looked at: wants_input() is false, and what has come already is kept.
//
// BDAT content with a CR or LF alone is refused like that of DATA, unless the client declared
// BODY=BINARYMIME (RFC 3030, 3): it may leave by DATA later, where it could end the content early.
//
// Threading: one shard thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/segment.h"
#include "engine/api/mail_io.h"
#include "netio/api/mail_service.h"
#include "netio/smtp/command.h"
#include "netio/smtp/data_reader.h"
#include "netio/smtp/exchange_output.h"
#include "netio/smtp/line_reader.h"
#include "netio/smtp/mail_service.h"
#include "netio/smtp/network_set.h"

namespace sealgate::netio {

// What the servers of a shard share. Outlives them.
struct ServerShard {
  const MailServiceSettings& settings;
  SegmentPool& pool;
  ChainWriter& writer;
  std::vector<engine::IoEvent>& events;
  MailServiceCounters& counters;
  std::uint64_t messages = 0;  // Ids given so far.
  bool is_draining = false;
};

// A listener's settings as its servers use them.
struct ListenerRules {
  const ListenerSettings& settings;
  NetworkSet relay;
  NetworkSet forward;
};

class SmtpServer {
 public:
  // RFC 5321, 4.5.3.1.4: 512 octets, more for the parameters of MAIL and RCPT (RFC 3461 adds the
  // most: 500 for ORCPT) and XFORWARD.
  static constexpr std::size_t kCommandBytesMax = 2048;
  // Commands refused before the client is sent away.
  static constexpr std::uint32_t kErrorsMax = 20;
  // NOOP, RSET and the like between two messages before the client is sent away.
  static constexpr std::uint32_t kIdleCommandsMax = 1000;
  // Replies the client has not read before we stop taking commands.
  static constexpr std::uint64_t kUnreadBytesMax = 64 * 1024;
  // Input kept while wants_input() is false: what may be on its way when reading stops.
  static constexpr std::uint64_t kKeptBytesMax = 4 * 1024 * 1024;

  SmtpServer(ServerShard& shard, const ListenerRules& listener, const Endpoint& peer);

  void begin(TimePoint now);  // Greets.
  void receive(Slice bytes, TimePoint now);
  void sent(TimePoint now);   // All output given to the transport has left.
  void ended(TimePoint now);  // The client will send no more.
  void lost();                // The connection is gone.
  void expire();              // deadline() has passed.
  void drain();               // Says good-bye if no transaction is under way.
  // Requires: answer.id is message().
  void answer(const engine::Answer& answer, TimePoint now);

  // The message that an Answer is awaited for.
  std::optional<engine::MessageId> message() const { return message_; }
  bool wants_input() const;
  bool has_kept_input() const { return !kept_.empty(); }
  // TimePoint::max() where no timer runs.
  TimePoint deadline() const { return deadline_; }
  Chain take_output();
  Ending ending() const { return output_.ending(); }

 private:
  enum class Phase : std::uint8_t { Command, Data, Chunk, Waiting };

  // smtp_server.cpp: the flow of bytes and time.
  void run(TimePoint now);
  void read_command(ByteView& input, TimePoint now);
  void set_deadline(TimePoint now);
  void say(std::string_view reply);  // Requires: static storage, with CR LF.
  void refuse(std::string_view reply);
  void leave(std::string_view reply);
  bool is_short_of_segments(std::uint64_t wanted_bytes) const;

  // server_commands.cpp
  void obey(const Command& command);
  void hello(const Command& command);
  void offer_extensions();
  void mail(std::string_view argument);
  void rcpt(std::string_view argument);
  void start_data();
  void start_chunk(std::string_view argument);
  void forward_client(std::string_view argument);
  void reset_transaction();

  // server_content.cpp
  bool may_begin_content();
  void begin_message();
  std::size_t read_data(const Slice& input);
  std::size_t read_chunk(const Slice& input);
  void take_content(Slice bytes);
  bool join_to_last(const Slice& bytes);
  void check_content_limits();
  void finish_chunk();
  void finish_content();
  void give_verdict(engine::Reply reply);
  void reply_to_content(const std::vector<engine::Reply>& replies);

  ServerShard& shard_;
  const ListenerRules& listener_;
  const std::string client_address_;
  const bool may_relay_;
  const bool may_forward_;
  ExchangeOutput output_;
  LineReader lines_{kCommandBytesMax};
  std::deque<Slice> kept_;
  std::uint64_t kept_bytes_ = 0;
  std::uint64_t unread_bytes_ = 0;
  bool has_ended_ = false;
  Phase phase_ = Phase::Command;
  TimePoint deadline_ = TimePoint::max();
  std::uint32_t errors_ = 0;
  std::uint32_t idle_commands_ = 0;

  std::string helo_;
  bool is_extended_ = false;
  engine::ForwardedClient forwarded_;

  // The transaction (RFC 5321, 3.3).
  bool has_sender_ = false;
  bool was_recipient_refused_ = false;
  engine::Envelope envelope_;
  std::size_t recipients_ = 0;  // As many as the envelope had when it went to the engine.

  // Its content.
  bool has_begun_ = false;
  std::optional<engine::MessageId> message_;
  std::vector<engine::Reply> verdict_;  // What to reply at the end, where it is known before.
  DataReader data_;
  LineEndCheck line_ends_;
  std::uint64_t content_bytes_ = 0;
  std::uint32_t small_pieces_ = 0;  // In a row.
  std::uint64_t chunk_left_ = 0;
  bool is_last_chunk_ = false;
  bool is_chunk_ignored_ = false;
  bool is_binary_ = false;
  std::vector<Slice> pieces_;  // Kept between calls for its memory.
};

}  // namespace sealgate::netio
