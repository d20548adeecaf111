// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/next_hop.h"

#include <algorithm>

#include "netio/smtp/reply.h"

namespace sealgate::netio {
namespace {

TlsLevel level_for(RouteTls tls) {
  switch (tls) {
    case RouteTls::None:
    case RouteTls::Opportunistic:
      return TlsLevel::Plain;
    case RouteTls::Required:
      return TlsLevel::Encrypted;
    case RouteTls::Verified:
      return TlsLevel::Verified;
  }
  __builtin_unreachable();
}

}  // namespace

void NextHop::submit(DeliveryJob job, TimePoint now) {
  if (waiting_.size() >= kJobsWaitingMax) {
    fail(std::move(job), {.code = 451,
                          .enhanced = "4.3.2",
                          .text = "Too many messages wait for next hop " + route_.name});
    return;
  }
  waiting_.push_back(std::move(job));
  dispatch(now);
}

void NextHop::take(TransportEvent& event, TimePoint now) {
  const auto at = connections_.find(event.connection);
  if (at == connections_.end()) return;
  SmtpClient& client = at->second.client;
  switch (event.kind) {
    case TransportEvent::Kind::Accepted:
      break;
    case TransportEvent::Kind::Connected:
      client.connected(now);
      break;
    case TransportEvent::Kind::Received:
      client.receive(event.bytes.bytes, now);
      break;
    case TransportEvent::Kind::Sent:
      client.sent(now);
      break;
    case TransportEvent::Kind::Ended:
      client.lost(0);
      break;
    case TransportEvent::Kind::Closed:
      at->second.is_gone = true;
      client.lost(event.error);
      settle(at, now);
      shard_.timers.forget(at->first);
      shard_.owners.erase(at->first);
      connections_.erase(at);
      dispatch(now);
      return;
  }
  settle(at, now);
  dispatch(now);
}

void NextHop::expire(ConnectionId id, TimePoint now) {
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;
  Connection& connection = at->second;
  if (connection.carried_out == Ending::Close && !connection.is_gone) {
    connection.carried_out = Ending::Abort;
    shard_.transport.abort(id);
    return;
  }
  connection.client.expire(now);
  settle(at, now);
  dispatch(now);
}

void NextHop::begin_drain(TimePoint now) {
  is_draining_ = true;
  for (auto at = connections_.begin(); at != connections_.end(); ++at) settle(at, now);
}

void NextHop::mark_gone(ConnectionId connection) {
  const auto at = connections_.find(connection);
  if (at != connections_.end()) at->second.is_gone = true;
}

void NextHop::settle(Connections::iterator at, TimePoint now) {
  Connection& connection = at->second;
  if (auto outcome = connection.client.take_outcome()) {
    take_outcome(connection, std::move(*outcome), now);
  }
  const bool is_superfluous = is_draining_ && waiting_.empty() && connection.client.is_idle();
  if (is_superfluous) connection.client.quit(now);
  carry_out(at->first, connection, now);
}

void NextHop::carry_out(ConnectionId id, Connection& connection, TimePoint now) {
  Chain output = connection.client.take_output();
  if (connection.is_gone) return;
  const Ending ending = connection.client.ending();
  if (!output.is_empty() && ending != Ending::Abort && connection.carried_out == Ending::None) {
    shard_.transport.send(id, std::move(output));
  }
  if (ending == Ending::None) {
    shard_.timers.arm(id, connection.client.deadline());
    return;
  }
  if (connection.carried_out >= ending) return;
  connection.carried_out = ending;
  if (ending == Ending::Abort) {
    shard_.transport.abort(id);
  } else {
    shard_.transport.close(id);
    shard_.timers.arm(id, now + kCloseMax);
  }
}

void NextHop::take_outcome(Connection& connection, JobOutcome outcome, TimePoint now) {
  DeliveryJob& job = outcome.job;
  if (outcome.kind == JobOutcome::Kind::Finished) {
    endpoints_[connection.endpoint].paused_until = TimePoint::min();
    finished_.push_back(std::move(job));
    return;
  }
  // Two tries for each endpoint (TLS, then plain) and a few connections that had gone stale.
  constexpr std::uint32_t kStaleTries = 3;
  const std::size_t tries_max = 2 * route_.endpoints.size() + kStaleTries;
  if (++job.tries > tries_max) {
    fail(std::move(job), outcome.reason);
    return;
  }
  const bool was_reused = connection.jobs > 1;
  if (outcome.did_tls_fail && tls_for(route_, job) == RouteTls::Opportunistic) {
    job.tries_plain = true;
  } else if (!was_reused) {
    const bool is_unreachable = outcome.reason.enhanced == "4.4.1";
    if (is_unreachable && has_live_connection()) {
      connects_paused_until_ = now + kEndpointPause;
    } else {
      if (is_unreachable) {
        endpoints_[connection.endpoint] = {.paused_until = now + kEndpointPause,
                                           .reason = outcome.reason};
      }
      job.tries_plain = false;
      job.endpoint = connection.endpoint + 1;
      if (job.endpoint >= route_.endpoints.size()) {
        fail(std::move(job), outcome.reason);
        return;
      }
    }
  }
  waiting_.push_front(std::move(job));
}

bool NextHop::has_live_connection() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.client.is_ready() && !entry.second.is_gone;
  });
}

void NextHop::dispatch(TimePoint now) {
  while (!waiting_.empty() && start_next(now)) {
  }
}

// Gives the first job that waits a connection, or its result. False where it has to wait on.
bool NextHop::start_next(TimePoint now) {
  const RouteTls tls = tls_for(route_, waiting_.front());
  const bool is_waiting_for_others = has_live_connection() && now < connects_paused_until_;
  // A job that has lost a connection that had gone stale must not meet the next stale one.
  const bool takes_idle = waiting_.front().tries == 0 || is_waiting_for_others;
  auto at = takes_idle ? find_idle(level_for(tls)) : connections_.end();
  if (at != connections_.end()) {
    DeliveryJob job = std::move(waiting_.front());
    waiting_.pop_front();
    ++shard_.counters.connections_reused;
    ++at->second.jobs;
    at->second.client.begin(std::move(job), now);
    settle(at, now);
    return true;
  }
  if (is_waiting_for_others) return false;
  if (connections_.size() >= route_.connections_max) {
    // Idle, but not secure enough for this job: make room.
    at = find_idle(TlsLevel::Plain);
    if (at != connections_.end()) {
      at->second.client.quit(now);
      settle(at, now);
    }
    return false;
  }
  DeliveryJob job = std::move(waiting_.front());
  waiting_.pop_front();
  return open(job, now);
}

NextHop::Connections::iterator NextHop::find_idle(TlsLevel level) {
  return std::find_if(connections_.begin(), connections_.end(), [&](const auto& entry) {
    const Connection& connection = entry.second;
    return connection.client.is_idle() && connection.client.level() >= level && !connection.is_gone;
  });
}

bool NextHop::choose_endpoint(DeliveryJob& job, TimePoint now) {
  const std::size_t first = job.endpoint;
  while (job.endpoint < endpoints_.size() && now < endpoints_[job.endpoint].paused_until) {
    ++job.endpoint;
    job.tries_plain = false;
  }
  if (job.endpoint < endpoints_.size()) return true;
  const std::size_t last = std::min(first, endpoints_.size() - 1);
  const engine::Reply reason = endpoints_[last].reason;
  fail(std::move(job), reason);
  return false;
}

// Begins a connection for `job`, or fails it. Always true: the next job may have more luck.
bool NextHop::open(DeliveryJob& job, TimePoint now) {
  if (!choose_endpoint(job, now)) return true;
  const RouteTls tls = tls_for(route_, job);
  ClientTarget target{.route = route_, .tls = tls, .context = nullptr};
  if (tls != RouteTls::None) {
    const Result<TlsClientContext*> context = tls_context();
    if (!context) {
      fail(std::move(job), reply_for(context.error()));
      return true;
    }
    target.context = context.value();
  }
  ++shard_.counters.connects;
  const ConnectionId id = shard_.transport.connect(route_.endpoints[job.endpoint]);
  shard_.owners[id] = this;
  const auto at = connections_
                      .emplace(id, Connection{.client = SmtpClient(shard_.clients, target),
                                              .endpoint = job.endpoint,
                                              .jobs = 1})
                      .first;
  at->second.client.begin(std::move(job), now);
  settle(at, now);
  return true;
}

Result<TlsClientContext*> NextHop::tls_context() {
  auto& context = shard_.tls_contexts[route_.tls_ca_file];
  if (!context) context = SG_TRY(TlsClientContext::create(route_.tls_ca_file));
  return context.get();
}

void NextHop::fail(DeliveryJob job, const engine::Reply& reason) {
  job.fill_open_results(reason);
  finished_.push_back(std::move(job));
}

}  // namespace sealgate::netio
