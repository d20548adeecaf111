// SPDX-License-Identifier: Apache-2.0
//
// NextHop is one route at work: its connections, the jobs that wait for one, and where to try
// next when a try fails. A job ends with results, whatever happens.
//
// Endpoints are tried in order. One that did not answer is left out for kEndpointPause, so that a
// dead next hop costs one timeout and not one for each message. A next hop that takes no more
// connections while others to it live makes jobs wait for those.
//
// Threading: one shard thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "netio/api/mail_service.h"
#include "netio/api/transport.h"
#include "netio/smtp/delivery_job.h"
#include "netio/smtp/smtp_client.h"
#include "netio/smtp/timer_heap.h"
#include "netio/tls/tls_client.h"

namespace sealgate::netio {

class NextHop;

// What the next hops of a shard share. Outlives them.
struct NextHopShard {
  ClientShard& clients;
  Transport& transport;
  TimerHeap& timers;
  MailServiceCounters& counters;
  std::map<ConnectionId, NextHop*>& owners;  // Which next hop a connection belongs to.
  std::map<std::string, std::unique_ptr<TlsClientContext>>& tls_contexts;  // By CA file.
};

class NextHop {
 public:
  // Jobs that wait for a connection; more get 451 4.3.2. The engine holds a message for each.
  static constexpr std::size_t kJobsWaitingMax = 10'000;
  static constexpr Duration kEndpointPause = std::chrono::seconds(5);
  // How long a closed connection may take to get rid of its last bytes.
  static constexpr Duration kCloseMax = std::chrono::seconds(30);

  NextHop(NextHopShard& shard, const Route& route)
      : shard_(shard), route_(route), endpoints_(route.endpoints.size()) {}

  void submit(DeliveryJob job, TimePoint now);
  void take(TransportEvent& event, TimePoint now);
  void expire(ConnectionId connection, TimePoint now);
  // From now on idle connections are closed.
  void begin_drain(TimePoint now);
  // The connection will take no more calls: its Closed event is on the way.
  void mark_gone(ConnectionId connection);

  // Jobs with all their results, since the last call.
  std::vector<DeliveryJob> take_finished() { return std::exchange(finished_, {}); }
  const std::string& name() const { return route_.name; }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  struct Connection {
    SmtpClient client;
    std::size_t endpoint = 0;
    std::uint32_t jobs = 0;
    bool is_gone = false;
    Ending carried_out = Ending::None;
  };
  struct EndpointState {
    TimePoint paused_until = TimePoint::min();
    engine::Reply reason;  // Why.
  };
  using Connections = std::map<ConnectionId, Connection>;

  void settle(Connections::iterator at, TimePoint now);
  void carry_out(ConnectionId id, Connection& connection, TimePoint now);
  void take_outcome(Connection& connection, JobOutcome outcome, TimePoint now);
  void dispatch(TimePoint now);
  bool start_next(TimePoint now);
  Connections::iterator find_idle(TlsLevel level);
  bool open(DeliveryJob& job, TimePoint now);
  bool choose_endpoint(DeliveryJob& job, TimePoint now);
  bool has_live_connection() const;
  void fail(DeliveryJob job, const engine::Reply& reason);
  Result<TlsClientContext*> tls_context();

  NextHopShard& shard_;
  const Route& route_;
  Connections connections_;
  std::deque<DeliveryJob> waiting_;
  std::vector<EndpointState> endpoints_;
  TimePoint connects_paused_until_ = TimePoint::min();
  std::vector<DeliveryJob> finished_;
  bool is_draining_ = false;
};

}  // namespace sealgate::netio
