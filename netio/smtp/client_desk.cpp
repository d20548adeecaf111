// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/client_desk.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sealgate::netio {

ClientDesk::ClientDesk(ServerShard& shard, Transport& transport, TimerHeap& timers)
    : shard_(shard), transport_(transport), timers_(timers) {
  for (const ListenerSettings& settings : shard.settings.listeners) {
    listeners_.push_back(
        {.rules = {.settings = settings,
                   .relay = NetworkSet::parse(settings.relay_networks).value(),
                   .forward = NetworkSet::parse(settings.forward_networks).value()},
         .connections = 0,
         .per_client = {}});
  }
}

void ClientDesk::take(TransportEvent& event, TimePoint now) {
  if (event.kind == TransportEvent::Kind::Accepted) return accept(event, now);
  const auto at = clients_.find(event.connection);
  if (at == clients_.end()) return;
  SmtpServer& server = at->second.server;
  switch (event.kind) {
    case TransportEvent::Kind::Accepted:
    case TransportEvent::Kind::Connected:
      break;
    case TransportEvent::Kind::Received:
      server.receive(std::move(event.bytes), now);
      break;
    case TransportEvent::Kind::Sent:
      server.sent(now);
      break;
    case TransportEvent::Kind::Ended:
      server.ended(now);
      break;
    case TransportEvent::Kind::Closed:
      server.lost();
      return forget(at);
  }
  settle(at, now);
}

void ClientDesk::accept(const TransportEvent& event, TimePoint now) {
  SG_CHECK(event.listener < listeners_.size());
  Listener& listener = listeners_[event.listener];
  const ListenerSettings& settings = listener.rules.settings;
  if (shard_.is_draining) {
    return turn_away(event.connection, "421 4.3.2 Going down; try again later\r\n");
  }
  if (listener.connections >= settings.connections_max) {
    return turn_away(event.connection, "421 4.7.0 Too many connections; try again later\r\n");
  }
  std::uint32_t& of_client = listener.per_client[event.peer.address];
  if (of_client >= settings.connections_per_client_max) {
    return turn_away(event.connection,
                     "421 4.7.0 Too many connections from your address; try again later\r\n");
  }
  ++of_client;
  ++listener.connections;
  ++shard_.counters.connections_accepted;
  const auto at = clients_
                      .emplace(event.connection,
                               Client{.server = SmtpServer(shard_, listener.rules, event.peer),
                                      .listener = listener,
                                      .address = event.peer.address,
                                      .message = {}})
                      .first;
  at->second.server.begin(now);
  settle(at, now);
}

void ClientDesk::turn_away(ConnectionId connection, std::string_view reply) {
  ++shard_.counters.connections_refused;
  Chain bytes;
  bytes.append_static(reply);
  transport_.send(connection, std::move(bytes));
  transport_.close(connection);
}

void ClientDesk::expire(ConnectionId id, TimePoint now) {
  const auto at = clients_.find(id);
  if (at == clients_.end() || at->second.is_gone) return;
  Client& client = at->second;
  if (client.carried_out == Ending::None) {
    client.server.expire();
    settle(at, now);
  } else if (client.carried_out == Ending::Close) {
    client.carried_out = Ending::Abort;
    transport_.abort(id);
  }
}

void ClientDesk::answer(const engine::Answer& answer, TimePoint now) {
  const auto message = messages_.find(answer.id.value);
  // The client has gone, or netio has refused the message itself.
  if (message == messages_.end()) return;
  const auto at = clients_.find(message->second);
  SG_CHECK(at != clients_.end());
  at->second.server.answer(answer, now);
  settle(at, now);
}

void ClientDesk::begin_drain(TimePoint now) {
  for (auto at = clients_.begin(); at != clients_.end(); ++at) {
    at->second.server.drain();
    settle(at, now);
  }
}

void ClientDesk::mark_gone(ConnectionId connection) {
  const auto at = clients_.find(connection);
  if (at != clients_.end()) at->second.is_gone = true;
}

void ClientDesk::settle(Clients::iterator at, TimePoint now) {
  Client& client = at->second;
  const auto message = client.server.message();
  if (message != client.message) {
    if (client.message) messages_.erase(client.message->value);
    if (message) messages_.emplace(message->value, at->first);
    client.message = message;
  }
  carry_out(at->first, client, now);
}

void ClientDesk::carry_out(ConnectionId id, Client& client, TimePoint now) {
  SmtpServer& server = client.server;
  if (client.is_gone || client.carried_out != Ending::None) return;
  const Ending ending = server.ending();
  if (ending == Ending::Abort) {
    client.carried_out = ending;
    return transport_.abort(id);
  }
  Chain output = server.take_output();
  if (!output.is_empty()) transport_.send(id, std::move(output));
  if (ending == Ending::Close) {
    client.carried_out = ending;
    transport_.close(id);
    return timers_.arm(id, now + kCloseMax);
  }
  // Reading goes on until something comes that cannot be taken: that it stops is seldom needed.
  const bool wants_pause = !server.wants_input() && server.has_kept_input();
  if (wants_pause != client.is_paused && (wants_pause || server.wants_input())) {
    client.is_paused = wants_pause;
    if (wants_pause) {
      transport_.pause(id);
    } else {
      transport_.resume(id);
    }
  }
  timers_.arm(id, server.deadline());
}

void ClientDesk::forget(Clients::iterator at) {
  Client& client = at->second;
  if (client.message) messages_.erase(client.message->value);
  Listener& listener = client.listener;
  --listener.connections;
  const auto of_client = listener.per_client.find(client.address);
  if (--of_client->second == 0) listener.per_client.erase(of_client);
  timers_.forget(at->first);
  clients_.erase(at);
}

}  // namespace sealgate::netio
