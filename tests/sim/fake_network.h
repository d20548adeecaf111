// SPDX-License-Identifier: Apache-2.0
//
// A network in memory: the gateway's Transport on one side, simulated peers on the other. Bytes
// travel in pieces of random size, connections break when a peer says so. One seed decides all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/segment.h"
#include "netio/api/transport.h"
#include "tests/message/pipeline_world.h"

namespace sealgate::sim {

// The far end of one connection.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void opened() = 0;
  virtual void take(std::string_view bytes) = 0;
  // The gateway has closed, or the connection is lost. Nothing more comes.
  virtual void closed() = 0;
};

class FakeNetwork final : public netio::Transport {
 public:
  FakeNetwork(SegmentPool& pool, test_support::SeededRandom& random);
  ~FakeNetwork() override;

  // ---- the far side ----

  // Peers outlive their connections.
  netio::ConnectionId open_client(std::uint32_t listener, Peer& peer);
  // Who answers when the gateway connects; null refuses the connection.
  std::function<Peer*(netio::ConnectionId)> next_hop;
  void write(netio::ConnectionId connection, std::string_view bytes);
  // The peer closes once what it wrote has arrived.
  void finish(netio::ConnectionId connection);
  // The connection breaks; what was under way is lost.
  void reset(netio::ConnectionId connection);
  // Octets that the gateway has sent and the peer has not seen.
  std::size_t unread(netio::ConnectionId connection) const;

  // Moves bytes. Whether anything moved.
  bool step();

  // ---- netio::Transport ----
  std::span<netio::TransportEvent> poll(Duration patience) override;
  netio::ConnectionId connect(const netio::Endpoint& endpoint) override;
  void send(netio::ConnectionId connection, Chain bytes) override;
  void pause(netio::ConnectionId connection) override;
  void resume(netio::ConnectionId connection) override;
  void close(netio::ConnectionId connection) override;
  void abort(netio::ConnectionId connection) override;

 private:
  struct Wire {
    Peer* peer = nullptr;
    std::string to_peer;
    std::string to_gateway;
    bool is_opened = false;
    bool is_paused = false;
    bool is_gateway_closing = false;
    bool is_peer_finished = false;
    bool has_told_end = false;
    bool has_unconfirmed = false;  // The gateway waits for Sent.
  };

  bool step_wire(netio::ConnectionId id, Wire& wire);
  bool move_to_peer(netio::ConnectionId id, Wire& wire);
  bool move_to_gateway(netio::ConnectionId id, Wire& wire);
  void add_event(netio::TransportEvent::Kind kind, netio::ConnectionId id, int error);
  void drop(netio::ConnectionId id, int error);

  SegmentPool& pool_;
  test_support::SeededRandom& random_;
  std::map<std::uint64_t, Wire> wires_;
  std::vector<netio::TransportEvent> coming_;
  std::vector<netio::TransportEvent> given_;
  std::uint64_t next_id_ = 1;
};

}  // namespace sealgate::sim
