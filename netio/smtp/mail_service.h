// SPDX-License-Identifier: Apache-2.0
//
// MailService is all of SMTP on one shard: a server machine for each client, the connections to
// the next hops, and the timers of both. It moves bytes through a Transport and meets the engine
// only in the records of engine/api/mail_io.h. `TransportEvent::listener` is an index into
// MailServiceSettings::listeners.
//
// What the engine may rely on:
// * After MessageBegun come MessageBytes, then one MessageEnded or MessageAbandoned. Nothing
//   more comes for a message after its Answer was submitted or after MessageAbandoned.
// * MessageAbandoned also comes where netio itself refuses the message (too big, bare CR or LF,
//   no buffers left): netio then gives the client its reply, and an Answer for it is ignored.
// * Each Delivery ends in exactly one DeliveryFinished, in a later poll(). A connection lost
//   after the content was handed over whole and before its reply came leaves the outcome unknown:
//   the result is 451 4.4.2, so a retry may deliver twice, but nothing is lost.
//
// Threading: belongs to one shard thread, as do its transport and its pool.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/api/mail_io.h"
#include "netio/api/mail_service.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

// What one shard has done since it began, and what it holds.
struct MailServiceCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // By a connection limit or while draining.
  std::uint64_t messages_begun = 0;
  std::uint64_t messages_ended = 0;
  std::uint64_t messages_abandoned = 0;
  std::uint64_t answers_positive = 0;
  std::uint64_t answers_transient = 0;
  std::uint64_t answers_permanent = 0;
  std::uint64_t messages_refused_bare_line_end = 0;
  std::uint64_t messages_refused_too_big = 0;
  std::uint64_t messages_refused_no_segments = 0;
  std::uint64_t relays_refused = 0;
  std::uint64_t client_errors = 0;  // 5xx replies to commands.
  std::uint64_t client_timeouts = 0;
  std::uint64_t connects = 0;  // Connections begun to next hops.
  std::uint64_t connects_failed = 0;
  std::uint64_t tls_opened = 0;
  std::uint64_t tls_failed = 0;
  std::uint64_t connections_reused = 0;
  std::uint64_t deliveries_finished = 0;
  std::uint64_t deliveries_unknown = 0;  // Lost between final dot and reply.
  std::uint32_t clients_open = 0;
  std::uint32_t next_hops_open = 0;
  std::uint32_t deliveries_open = 0;
  std::uint32_t messages_open = 0;
};

// Whether a MailService can run with `settings`: networks parse, limits are not zero or above
// ours, each route has an endpoint, CA files load. Fails with a kind of netio/smtp/errors.h or
// netio/tls/errors.h.
Result<void> check_settings(const MailServiceSettings& settings);

class MailService {
 public:
  // Requires: check_settings(settings) succeeds. `transport` and `pool` outlive the service.
  MailService(MailServiceSettings settings, Transport& transport, SegmentPool& pool);
  ~MailService();
  MailService(const MailService&) = delete;
  MailService& operator=(const MailService&) = delete;

  // Takes what the transport has, lets the machines run and timers expire. Waits up to
  // `patience`, and never longer than until next_due(). The events are the caller's to move
  // from, and valid until the next call.
  std::span<engine::IoEvent> poll(TimePoint now, Duration patience);

  void submit(std::vector<engine::IoAction>&& actions, TimePoint now);

  // When a timer falls due, so that a loop that waits elsewhere knows how long it may sleep;
  // nothing when no timer runs. `events waiting` shows as a time in the past.
  std::optional<TimePoint> next_due() const;

  // New and idle clients get 421 and are closed; others may finish their message. Connections to
  // next hops are closed as they fall idle.
  void begin_drain(TimePoint now);
  // Draining, and no client, message or delivery is left.
  bool is_drained() const;

  const MailServiceCounters& counters() const;

 private:
  class Machinery;
  std::unique_ptr<Machinery> machinery_;
};

}  // namespace sealgate::netio
