// SPDX-License-Identifier: Apache-2.0
//
// ClientDesk is where clients come in: it counts them, gives each its SmtpServer, and carries out
// on the transport what the servers want.
//
// Threading: one shard thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "engine/api/mail_io.h"
#include "netio/api/transport.h"
#include "netio/smtp/smtp_server.h"
#include "netio/smtp/timer_heap.h"

namespace sealgate::netio {

class ClientDesk {
 public:
  // How long a closed connection may take to get rid of its last bytes.
  static constexpr Duration kCloseMax = std::chrono::seconds(30);

  // All of them outlive the desk.
  ClientDesk(ServerShard& shard, Transport& transport, TimerHeap& timers);

  // Takes an event of a client's connection; others are none of its business.
  void take(TransportEvent& event, TimePoint now);
  void expire(ConnectionId connection, TimePoint now);
  void answer(const engine::Answer& answer, TimePoint now);
  void begin_drain(TimePoint now);
  // The connection will take no more calls: its Closed event is on the way.
  void mark_gone(ConnectionId connection);

  std::size_t client_count() const { return clients_.size(); }
  std::size_t message_count() const { return messages_.size(); }

 private:
  struct Listener {
    ListenerRules rules;
    std::uint32_t connections = 0;
    std::unordered_map<std::string, std::uint32_t> per_client;
  };
  struct Client {
    SmtpServer server;
    Listener& listener;
    std::string address;
    std::optional<engine::MessageId> message;  // Under which it stands in messages_.
    bool is_paused = false;
    bool is_gone = false;
    Ending carried_out = Ending::None;
  };
  using Clients = std::map<ConnectionId, Client>;

  void accept(const TransportEvent& event, TimePoint now);
  void turn_away(ConnectionId connection, std::string_view reply);
  void settle(Clients::iterator at, TimePoint now);
  void carry_out(ConnectionId id, Client& client, TimePoint now);
  void forget(Clients::iterator at);

  ServerShard& shard_;
  Transport& transport_;
  TimerHeap& timers_;
  std::deque<Listener> listeners_;
  Clients clients_;
  std::unordered_map<std::uint64_t, ConnectionId> messages_;
};

}  // namespace sealgate::netio
