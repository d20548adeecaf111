// SPDX-License-Identifier: Apache-2.0
//
// SmtpClient holds one connection to a next hop and hands it one job after another, by SMTP
// (RFC 5321) or LMTP (RFC 2033). It uses of PIPELINING, SIZE, 8BITMIME, BINARYMIME with CHUNKING,
// SMTPUTF8, DSN, XFORWARD and STARTTLS (RFC 3207) what the next hop offers and the job needs.
//
// A job comes back in one of two ways. Finished: each recipient has its result. Retry: nothing was
// delivered and another connection may do better; `reason` is the result if there is none.
// * Lost before all content was handed over: Retry.
// * Lost after, without reply: Finished with 451 4.4.2, because the next hop may have taken the
//   message.
// * The next hop lacks what the job needs: Finished with 5xx (5.6.7 for SMTPUTF8, 5.6.3 for 8-bit
//   or binary content, 5.3.4 for the size).
// * No TLS session as strong as asked for: Retry with 451 4.7.4 or 4.7.5. Nothing of the job, not
//   even its envelope, goes over a weaker one.
//
// Threading: one shard thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/segment.h"
#include "netio/api/mail_service.h"
#include "netio/smtp/delivery_job.h"
#include "netio/smtp/exchange_output.h"
#include "netio/smtp/line_reader.h"
#include "netio/smtp/mail_service.h"
#include "netio/smtp/reply.h"
#include "netio/tls/tls_client.h"

namespace sealgate::netio {

// What the clients of a shard share. Outlives them.
struct ClientShard {
  const std::string& hostname;
  const Timeouts& timeouts;
  ChainWriter& writer;
  MailServiceCounters& counters;
};

// How a connection is secured. The order is that of strength.
enum class TlsLevel : std::uint8_t { Plain, Encrypted, Verified };

struct ClientTarget {
  const Route& route;
  RouteTls tls = RouteTls::None;        // Of this connection; at least that of the route.
  TlsClientContext* context = nullptr;  // Not null unless tls is None.
};

// What a job asks of its connection on `route`.
RouteTls tls_for(const Route& route, const DeliveryJob& job);
// "host" of a route's "host:port" or "[address]:port".
std::string host_of(std::string_view name);

struct JobOutcome {
  enum class Kind : std::uint8_t { Finished, Retry };
  Kind kind = Kind::Finished;
  DeliveryJob job;
  engine::Reply reason;       // Retry only.
  bool did_tls_fail = false;  // Retry only: without TLS it might work.
};

class SmtpClient {
 public:
  // RFC 5321, 4.5.3.1.5 allows 512 octets; EHLO keywords of some servers are longer.
  static constexpr std::size_t kReplyLineBytesMax = 2048;
  // Plaintext encrypted ahead of what has left.
  static constexpr std::size_t kTlsAheadBytesMax = 128 * 1024;

  SmtpClient(ClientShard& shard, const ClientTarget& target);

  // Gives it a job: at once after construction, then whenever is_idle().
  void begin(DeliveryJob job, TimePoint now);

  void connected(TimePoint now);
  void receive(ByteView bytes, TimePoint now);
  void sent(TimePoint now);  // All output given to the transport has left.
  void lost(int error);      // The connection is gone; `error` is an errno or 0.
  void expire(TimePoint now);
  // Ends an idle connection politely. Requires: is_idle().
  void quit(TimePoint now);

  bool is_idle() const {
    return phase_ == Phase::Ready && !job_ && expected_.empty() && !is_content_leaving_ &&
           ending() == Ending::None;
  }
  // Greeted, and so alive: idle or at work.
  bool is_ready() const { return phase_ == Phase::Ready && ending() == Ending::None; }
  TlsLevel level() const { return level_; }
  TimePoint deadline() const { return deadline_; }
  std::optional<JobOutcome> take_outcome() { return std::exchange(outcome_, std::nullopt); }
  Chain take_output() { return output_.take(); }
  Ending ending() const { return output_.ending(); }

 private:
  enum class Phase : std::uint8_t { Connecting, Greeting, Hello, StartTls, Handshake, Ready };
  // The commands whose replies are awaited, in their order.
  enum class Expect : std::uint8_t {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Xforward,
    Mail,
    Rcpt,
    Data,
    Content,
    Nothing,
    Rset,
    Quit,
  };
  struct Step {
    Expect expect = Expect::Nothing;
    std::size_t recipient = 0;
    std::string command = {};
  };
  struct Offers {
    bool pipelining = false;
    bool size = false;
    std::uint64_t size_max = 0;
    bool eight_bit = false;
    bool binary = false;
    bool chunking = false;
    bool smtputf8 = false;
    bool dsn = false;
    bool starttls = false;
    std::string xforward;
  };

  // smtp_client.cpp: the connection.
  void read_lines(ByteView bytes, TimePoint now);
  void react(const engine::Reply& reply, TimePoint now);
  void hear_greeting(const engine::Reply& reply, TimePoint now);
  void hear_hello(const engine::Reply& reply, Expect expect, TimePoint now);
  void hear_starttls(const engine::Reply& reply, TimePoint now);
  void shake_hands(ByteView bytes, TimePoint now);
  void say_hello(Expect expect, TimePoint now);
  void become_ready(TimePoint now);
  void send(Step step);
  void transmit(const Chain& bytes);
  void encrypt();
  void give_up(const engine::Reply& reason, Ending ending);
  void retry(const engine::Reply& reason);
  engine::Reply trouble(std::string_view enhanced, std::string_view what) const;

  // client_transaction.cpp: one job.
  void start_job();
  bool refuse_unfit();
  void refuse_unfit_addresses();
  void write_script();
  std::string mail_command() const;
  std::string recipient_command(const engine::Recipient& recipient) const;
  void follow_script();
  void hear_transaction(const engine::Reply& reply, Expect expect, std::size_t recipient);
  void hear_content(const engine::Reply& reply);
  void finish_envelope();
  void send_content(bool is_chunk);
  void finish_job();
  std::size_t count_accepted() const;

  ClientShard& shard_;
  const ClientTarget target_;
  ExchangeOutput output_;
  LineReader lines_{kReplyLineBytesMax};
  ReplyReader replies_;
  Phase phase_ = Phase::Connecting;
  TlsLevel level_ = TlsLevel::Plain;
  TimePoint deadline_ = TimePoint::max();
  Offers offers_;
  std::deque<Step> script_;
  std::deque<Step> expected_;

  std::optional<TlsClient> tls_;
  bool did_tls_fail_ = false;
  std::deque<Slice> unencrypted_;
  std::size_t ahead_bytes_ = 0;

  std::optional<DeliveryJob> job_;
  std::optional<JobOutcome> outcome_;
  Chain stuffed_;
  std::vector<bool> accepted_;
  bool is_mail_accepted_ = false;
  bool is_chunked_ = false;
  bool is_content_sent_ = false;
  bool is_content_leaving_ = false;  // Part of it may still be with us.
  std::optional<engine::Reply> data_reply_;
};

}  // namespace sealgate::netio
