// SPDX-License-Identifier: Apache-2.0
//
// FakeTransport is a network for tests and the simulator: what would be peers are calls, nothing
// happens between two polls, and everything is repeatable.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(SegmentPool& pool) : pool_(pool) {}

  // ---- The service's side ----

  std::span<TransportEvent> poll(Duration patience) override {
    last_patience = patience;
    given_ = std::exchange(events_, {});
    return given_;
  }
  ConnectionId connect(const Endpoint& endpoint) override {
    const ConnectionId id = open();
    connects.emplace_back(id, endpoint);
    return id;
  }
  void send(ConnectionId id, Chain bytes) override {
    Connection& connection = connections_.at(id);
    SG_CHECK(!connection.is_closing);
    connection.output.append(bytes);
    if (!holds_sent) push(id, TransportEvent::Kind::Sent);
  }
  void pause(ConnectionId id) override { connections_.at(id).is_paused = true; }
  void resume(ConnectionId id) override { connections_.at(id).is_paused = false; }
  void close(ConnectionId id) override {
    connections_.at(id).is_closing = true;
    if (!holds_sent) push(id, TransportEvent::Kind::Closed);
  }
  void abort(ConnectionId id) override {
    connections_.at(id).is_closing = true;
    connections_.at(id).is_aborted = true;
    push(id, TransportEvent::Kind::Closed);
  }

  // ---- The peers' side ----

  ConnectionId accept(std::uint32_t listener, std::string address) {
    const ConnectionId id = open();
    push(id, TransportEvent::Kind::Accepted);
    events_.back().listener = listener;
    events_.back().peer = {.address = std::move(address), .port = 40000};
    return id;
  }
  void complete_connect(ConnectionId id) { push(id, TransportEvent::Kind::Connected); }
  // Each call is one receive into a segment of its own.
  void deliver(ConnectionId id, std::string_view text) {
    while (!text.empty()) {
      SegmentRef segment = pool_.take();
      SG_CHECK(!segment.is_null());
      const std::size_t count = std::min(text.size(), kSegmentBytes);
      const MutableBytes bytes = segment.bytes().first(count);
      std::copy_n(text.begin(), count, bytes.begin());
      push(id, TransportEvent::Kind::Received);
      events_.back().bytes = {.owner = std::move(segment), .bytes = bytes};
      text.remove_prefix(count);
    }
  }
  void end(ConnectionId id) { push(id, TransportEvent::Kind::Ended); }
  void lose(ConnectionId id, int error) {
    connections_.at(id).is_closing = true;
    push(id, TransportEvent::Kind::Closed);
    events_.back().error = error;
  }
  void report_sent(ConnectionId id) { push(id, TransportEvent::Kind::Sent); }
  // What the service has sent since the last call.
  Chain take_chain(ConnectionId id) { return std::exchange(connections_.at(id).output, Chain()); }
  std::string take_text(ConnectionId id) {
    std::string text;
    const Chain chain = take_chain(id);
    for (const Slice& slice : chain.slices()) text += as_text(slice.bytes);
    return text;
  }

  bool is_paused(ConnectionId id) const { return connections_.at(id).is_paused; }
  bool is_closed(ConnectionId id) const { return connections_.at(id).is_closing; }
  bool is_aborted(ConnectionId id) const { return connections_.at(id).is_aborted; }
  bool is_quiet() const { return events_.empty(); }

  std::vector<std::pair<ConnectionId, Endpoint>> connects;
  bool holds_sent = false;  // Nothing leaves until report_sent().
  Duration last_patience{};

 private:
  struct Connection {
    Chain output;
    bool is_paused = false;
    bool is_closing = false;
    bool is_aborted = false;
  };
  ConnectionId open() {
    const ConnectionId id{++last_id_};
    connections_[id];
    return id;
  }
  void push(ConnectionId id, TransportEvent::Kind kind) {
    events_.emplace_back();
    events_.back().kind = kind;
    events_.back().connection = id;
  }

  SegmentPool& pool_;
  std::map<ConnectionId, Connection> connections_;
  std::vector<TransportEvent> events_;
  std::vector<TransportEvent> given_;
  std::uint64_t last_id_ = 0;
};

}  // namespace sealgate::netio
