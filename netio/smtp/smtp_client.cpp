// SPDX-License-Identifier: Apache-2.0
//
// The connection of SmtpClient: greeting, EHLO, STARTTLS, bytes and time.
#include "netio/smtp/smtp_client.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "netio/smtp/syntax.h"
#include "netio/tls/errors.h"

namespace sealgate::netio {
namespace {

std::string error_text(int error) {
  switch (error) {
    case 0:
      return "the connection was closed";
    case ECONNREFUSED:
      return "the connection was refused";
    case ECONNRESET:
      return "the connection was reset";
    case ETIMEDOUT:
      return "the connection timed out";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "there is no network route";
    default:
      return "the connection failed with error " + std::to_string(error);
  }
}

}  // namespace

RouteTls tls_for(const Route& route, const DeliveryJob& job) {
  RouteTls needed = RouteTls::None;
  if (job.delivery.tls == engine::TlsNeed::Required) needed = RouteTls::Required;
  if (job.delivery.tls == engine::TlsNeed::Verified) needed = RouteTls::Verified;
  const RouteTls tls = std::max(route.tls, needed);
  return tls == RouteTls::Opportunistic && job.tries_plain ? RouteTls::None : tls;
}

std::string host_of(std::string_view name) {
  if (!name.empty() && name.front() == '[') return std::string(name.substr(1, name.find(']') - 1));
  // More than one colon without brackets: an IPv6 address without a port.
  const std::size_t colon = name.find(':');
  if (colon != name.rfind(':')) return std::string(name);
  return std::string(name.substr(0, colon));
}

SmtpClient::SmtpClient(ClientShard& shard, const ClientTarget& target)
    : shard_(shard), target_(target), output_(shard.writer) {}

void SmtpClient::begin(DeliveryJob job, TimePoint now) {
  job_ = std::move(job);
  if (phase_ == Phase::Connecting) {
    deadline_ = now + shard_.timeouts.connect;
    return;
  }
  deadline_ = now + shard_.timeouts.reply;
  start_job();
}

void SmtpClient::connected(TimePoint now) {
  if (phase_ != Phase::Connecting || ending() != Ending::None) return;
  phase_ = Phase::Greeting;
  expected_.push_back({.expect = Expect::Greeting});
  deadline_ = now + shard_.timeouts.reply;
}

void SmtpClient::receive(ByteView bytes, TimePoint now) {
  if (ending() != Ending::None) return;
  if (phase_ == Phase::Handshake) {
    shake_hands(bytes, now);
    return;
  }
  if (!tls_) {
    read_lines(bytes, now);
    return;
  }
  std::string plaintext;
  const Result<void> decrypted = tls_->receive(bytes, plaintext);
  read_lines(as_bytes(plaintext), now);
  if (ending() != Ending::None) return;
  if (!decrypted || tls_->has_ended()) {
    give_up(trouble("4.4.2", "the TLS connection was broken off"), Ending::Abort);
    return;
  }
  encrypt();  // The peer may have asked for new keys.
}

void SmtpClient::read_lines(ByteView bytes, TimePoint now) {
  while (!bytes.empty() && ending() == Ending::None) {
    const LineReader::Outcome outcome = lines_.read(bytes);
    if (outcome == LineReader::Outcome::NeedMore) return;
    // A reply that ends in LF alone harms nobody: it is read to the same end by everyone.
    const bool is_malformed = outcome == LineReader::Outcome::TooLong || expected_.empty();
    const ReplyReader::Outcome reply =
        is_malformed ? ReplyReader::Outcome::Malformed : replies_.add(lines_.line());
    if (reply == ReplyReader::Outcome::NeedMore) continue;
    if (reply == ReplyReader::Outcome::Malformed) {
      // Unasked for, while idle, is mostly "421 closing".
      give_up(trouble("4.5.0", "its reply is not SMTP"), Ending::Abort);
      return;
    }
    const bool was_starttls = expected_.front().expect == Expect::StartTls;
    react(replies_.reply(), now);
    // RFC 3207, 6: what came in the clear behind the reply is not the server's.
    if (was_starttls && phase_ == Phase::Handshake && !bytes.empty()) {
      give_up(trouble("4.7.4", "it sent text behind its reply to STARTTLS"), Ending::Abort);
    }
  }
}

void SmtpClient::react(const engine::Reply& reply, TimePoint now) {
  const Step step = std::move(expected_.front());
  expected_.pop_front();
  deadline_ = now + shard_.timeouts.reply;
  const bool is_quit = step.expect == Expect::Quit;
  if (is_quit) {
    output_.end(Ending::Close);
    return;
  }
  // RFC 5321, 3.8: 421 says that the server closes, whatever was asked. A reply to content is an
  // answer all the same.
  if (reply.code == 421 && step.expect != Expect::Content) {
    // Said to a transaction it may mean this message alone; before, the next hop as such.
    const std::string_view enhanced = phase_ == Phase::Ready ? "4.4.2" : "4.4.1";
    give_up(trouble(enhanced, "it said 421 " + reply.text), Ending::Close);
    return;
  }
  switch (step.expect) {
    case Expect::Greeting:
      return hear_greeting(reply, now);
    case Expect::Ehlo:
    case Expect::Helo:
      return hear_hello(reply, step.expect, now);
    case Expect::StartTls:
      return hear_starttls(reply, now);
    case Expect::Xforward:
    case Expect::Mail:
    case Expect::Rcpt:
    case Expect::Data:
    case Expect::Content:
      hear_transaction(reply, step.expect, step.recipient);
      break;
    case Expect::Nothing:
    case Expect::Rset:
    case Expect::Quit:
      break;
  }
  if (is_content_sent_) deadline_ = now + shard_.timeouts.data_end;
  if (is_idle()) deadline_ = now + shard_.timeouts.idle_reuse;
}

void SmtpClient::hear_greeting(const engine::Reply& reply, TimePoint now) {
  if (reply.code / 100 != 2) {
    give_up(trouble("4.4.1", "it greeted with " + std::to_string(reply.code) + " " + reply.text),
            Ending::Close);
    return;
  }
  phase_ = Phase::Hello;
  say_hello(Expect::Ehlo, now);
}

void SmtpClient::say_hello(Expect expect, TimePoint now) {
  offers_ = {};
  std::string_view verb = expect == Expect::Helo ? "HELO " : "EHLO ";
  if (target_.route.speaks_lmtp) verb = "LHLO ";
  send({.expect = expect, .recipient = 0, .command = std::string(verb) + shard_.hostname});
  deadline_ = now + shard_.timeouts.reply;
}

void SmtpClient::hear_hello(const engine::Reply& reply, Expect expect, TimePoint now) {
  if (reply.code / 100 != 2) {
    // RFC 5321, 3.2: an old server knows HELO only. LMTP has no such past.
    const bool may_fall_back =
        expect == Expect::Ehlo && reply.is_permanent() && !target_.route.speaks_lmtp;
    if (may_fall_back) return say_hello(Expect::Helo, now);
    give_up(trouble("4.4.1", "it refused our greeting with " + std::to_string(reply.code) + " " +
                                 reply.text),
            Ending::Close);
    return;
  }
  std::string_view text = expect == Expect::Ehlo ? reply.text : std::string_view();
  // The first line is the server's name.
  std::size_t end = text.find('\n');
  while (end != text.npos) {
    text.remove_prefix(end + 1);
    end = text.find('\n');
    std::string_view line = text.substr(0, end);
    const std::string keyword = to_lower(take_word(line));
    if (keyword == "pipelining") offers_.pipelining = true;
    if (keyword == "8bitmime") offers_.eight_bit = true;
    if (keyword == "binarymime") offers_.binary = true;
    if (keyword == "chunking") offers_.chunking = true;
    if (keyword == "smtputf8") offers_.smtputf8 = true;
    if (keyword == "dsn") offers_.dsn = true;
    if (keyword == "starttls") offers_.starttls = true;
    if (keyword == "xforward") offers_.xforward = line;
    if (keyword == "size") {
      offers_.size = true;
      offers_.size_max = parse_number(take_word(line)).value_or(0);
    }
  }
  become_ready(now);
}

void SmtpClient::become_ready(TimePoint now) {
  const bool wants_tls = !tls_ && target_.tls != RouteTls::None;
  if (wants_tls && offers_.starttls) {
    phase_ = Phase::StartTls;
    send({.expect = Expect::StartTls, .recipient = 0, .command = "STARTTLS"});
    return;
  }
  if (wants_tls && target_.tls != RouteTls::Opportunistic) {
    give_up(trouble("4.7.4", "it does not offer STARTTLS, which this message needs"),
            Ending::Close);
    return;
  }
  phase_ = Phase::Ready;
  deadline_ = now + shard_.timeouts.reply;
  if (job_) start_job();
}

void SmtpClient::hear_starttls(const engine::Reply& reply, TimePoint now) {
  if (reply.code != 220) {
    if (target_.tls == RouteTls::Opportunistic) {
      phase_ = Phase::Ready;
      if (job_) start_job();
      return;
    }
    give_up(trouble("4.7.4",
                    "it refused STARTTLS with " + std::to_string(reply.code) + " " + reply.text),
            Ending::Close);
    return;
  }
  const TlsPeer peer = target_.tls == RouteTls::Verified ? TlsPeer::Verified : TlsPeer::Any;
  Result<TlsClient> tls = TlsClient::create(*target_.context, host_of(target_.route.name), peer);
  if (!tls) {
    give_up(reply_for(tls.error()), Ending::Abort);
    return;
  }
  phase_ = Phase::Handshake;
  tls_ = std::move(tls).value();
  shake_hands({}, now);
}

void SmtpClient::shake_hands(ByteView bytes, TimePoint now) {
  std::string plaintext;
  const Result<void> taken = tls_->receive(bytes, plaintext);
  encrypt();  // An alert is for the peer to see, too.
  if (!taken || tls_->has_ended()) {
    const bool is_unverified = !taken && taken.error().is(kTlsPeerUnverified);
    give_up(is_unverified ? trouble("4.7.5", "its certificate does not verify for its name")
                          : trouble("4.7.5", "the TLS handshake failed"),
            Ending::Close);
    return;
  }
  if (!tls_->is_open()) return;
  ++shard_.counters.tls_opened;
  level_ = target_.tls == RouteTls::Verified ? TlsLevel::Verified : TlsLevel::Encrypted;
  // RFC 3207, 4.2: all that was learned before is forgotten.
  phase_ = Phase::Hello;
  say_hello(Expect::Ehlo, now);
  // A server does not speak before EHLO.
  if (!plaintext.empty()) {
    give_up(trouble("4.5.0", "it spoke before EHLO"), Ending::Abort);
  }
}

void SmtpClient::send(Step step) {
  ChainWriter& writer = shard_.writer;
  step.command += "\r\n";
  const Result<void> written = writer.append(step.command);
  const Chain bytes = writer.take();
  if (!written) return give_up(reply_for(written.error()), Ending::Abort);
  step.command.clear();
  expected_.push_back(std::move(step));
  transmit(bytes);
}

void SmtpClient::transmit(const Chain& bytes) {
  if (!tls_) {
    output_.add(bytes);
    return;
  }
  for (const Slice& slice : bytes.slices()) unencrypted_.push_back(slice);
  encrypt();
}

// Keeps no more ciphertext than kTlsAheadBytesMax: a message must not take its size twice.
void SmtpClient::encrypt() {
  constexpr std::size_t kRecordBytes = 16 * 1024;
  while (tls_->is_open() && !unencrypted_.empty() && ahead_bytes_ < kTlsAheadBytesMax) {
    Slice& front = unencrypted_.front();
    const std::size_t size = std::min(front.bytes.size(), kRecordBytes);
    if (!tls_->send(front.bytes.first(size))) {
      return give_up(trouble("4.4.2", "the TLS connection broke"), Ending::Abort);
    }
    ahead_bytes_ += size;
    front.bytes = front.bytes.subspan(size);
    if (front.bytes.empty()) unencrypted_.pop_front();
  }
  ChainWriter& writer = shard_.writer;
  const Result<void> taken = tls_->take_ciphertext(writer);
  output_.add(writer.take());
  if (!taken) give_up(reply_for(taken.error()), Ending::Abort);
}

void SmtpClient::sent(TimePoint now) {
  ahead_bytes_ = 0;
  if (ending() != Ending::None) return;
  if (unencrypted_.empty()) {
    is_content_leaving_ = false;
  } else {
    encrypt();
  }
  if (is_content_sent_) deadline_ = now + shard_.timeouts.data_end;
  if (is_idle()) deadline_ = now + shard_.timeouts.idle_reuse;
}

void SmtpClient::lost(int error) {
  if (ending() != Ending::None && !job_) return;
  const bool is_connecting = phase_ == Phase::Connecting;
  if (is_connecting) ++shard_.counters.connects_failed;
  give_up(trouble(is_connecting ? "4.4.1" : "4.4.2", error_text(error)), Ending::Abort);
}

void SmtpClient::expire(TimePoint now) {
  if (is_idle()) return quit(now);
  if (phase_ == Phase::Connecting) ++shard_.counters.connects_failed;
  give_up(trouble(phase_ == Phase::Connecting ? "4.4.1" : "4.4.2", "it did not answer in time"),
          Ending::Abort);
}

void SmtpClient::quit(TimePoint now) {
  constexpr Duration kFarewellMax = std::chrono::seconds(10);
  send({.expect = Expect::Quit, .recipient = 0, .command = "QUIT"});
  deadline_ = now + kFarewellMax;
}

// The connection is of no use any more; what becomes of its job depends on how far that is.
void SmtpClient::give_up(const engine::Reply& reason, Ending ending) {
  if (phase_ == Phase::Handshake) {
    ++shard_.counters.tls_failed;
    did_tls_fail_ = true;
    phase_ = Phase::StartTls;
  }
  output_.end(ending);
  expected_.clear();
  script_.clear();
  unencrypted_.clear();
  if (!job_) return;
  if (is_content_sent_) {
    ++shard_.counters.deliveries_unknown;
    job_->fill_open_results(trouble(
        "4.4.2", "the connection was lost before the reply; it may have taken the message"));
    finish_job();
    return;
  }
  retry(reason);
}

void SmtpClient::retry(const engine::Reply& reason) {
  std::fill(job_->results.begin(), job_->results.end(), std::nullopt);
  outcome_ = JobOutcome{.kind = JobOutcome::Kind::Retry,
                        .job = std::move(*job_),
                        .reason = reason,
                        .did_tls_fail = did_tls_fail_};
  job_.reset();
  stuffed_.clear();
}

engine::Reply SmtpClient::trouble(std::string_view enhanced, std::string_view what) const {
  return {.code = 451,
          .enhanced = std::string(enhanced),
          .text = clean_text("Next hop " + target_.route.name + ": " + std::string(what),
                             kReplyTextBytesMax)};
}

}  // namespace sealgate::netio
