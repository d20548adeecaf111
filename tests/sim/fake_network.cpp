// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fake_network.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace sealgate::sim {

using netio::ConnectionId;
using netio::TransportEvent;
using Kind = TransportEvent::Kind;

namespace {

// Small pieces cut commands and delimiters in two; big ones keep a run short.
std::size_t piece_size(test_support::SeededRandom& random) {
  constexpr std::size_t kPieces[] = {1, 7, 100, 1460, 8000, kSegmentBytes};
  return kPieces[random.next() % std::size(kPieces)];
}

}  // namespace

FakeNetwork::FakeNetwork(SegmentPool& pool, test_support::SeededRandom& random)
    : pool_(pool), random_(random) {}

FakeNetwork::~FakeNetwork() = default;

ConnectionId FakeNetwork::open_client(std::uint32_t listener, Peer& peer) {
  const ConnectionId id{next_id_++};
  wires_[id.value].peer = &peer;
  wires_[id.value].is_opened = true;
  TransportEvent event;
  event.kind = Kind::Accepted;
  event.connection = id;
  event.listener = listener;
  event.peer = {.address = "192.0.2.10", .port = 40000};
  coming_.push_back(std::move(event));
  return id;
}

void FakeNetwork::write(ConnectionId connection, std::string_view bytes) {
  const auto wire = wires_.find(connection.value);
  if (wire != wires_.end()) wire->second.to_gateway += bytes;
}

void FakeNetwork::finish(ConnectionId connection) {
  const auto wire = wires_.find(connection.value);
  if (wire != wires_.end()) wire->second.is_peer_finished = true;
}

void FakeNetwork::reset(ConnectionId connection) {
  if (wires_.contains(connection.value)) drop(connection, ECONNRESET);
}

std::size_t FakeNetwork::unread(ConnectionId connection) const {
  const auto wire = wires_.find(connection.value);
  return wire == wires_.end() ? 0 : wire->second.to_peer.size();
}

bool FakeNetwork::step() {
  std::vector<ConnectionId> ids;
  ids.reserve(wires_.size());
  for (const auto& [id, wire] : wires_) ids.push_back(ConnectionId{id});
  bool has_moved = false;
  for (const ConnectionId id : ids) {
    const auto wire = wires_.find(id.value);
    if (wire != wires_.end() && step_wire(id, wire->second)) has_moved = true;
  }
  return has_moved || !coming_.empty();
}

bool FakeNetwork::step_wire(ConnectionId id, Wire& wire) {
  if (!wire.is_opened) {
    wire.is_opened = true;
    wire.peer = next_hop ? next_hop(id) : nullptr;
    if (wire.peer == nullptr) {
      drop(id, ECONNREFUSED);
      return true;
    }
    add_event(Kind::Connected, id, 0);
    wire.peer->opened();
    return true;
  }
  const bool has_written = move_to_peer(id, wire);
  // The peer may have reset the connection while it took the bytes.
  if (!wires_.contains(id.value)) return true;
  const bool has_read = move_to_gateway(id, wire);
  if (wire.is_gateway_closing && wire.to_peer.empty()) {
    drop(id, 0);
    return true;
  }
  return has_written || has_read;
}

bool FakeNetwork::move_to_peer(ConnectionId id, Wire& wire) {
  if (wire.to_peer.empty()) {
    if (!wire.has_unconfirmed) return false;
    wire.has_unconfirmed = false;
    add_event(Kind::Sent, id, 0);
    return true;
  }
  const std::size_t size = std::min(piece_size(random_), wire.to_peer.size());
  const std::string piece = wire.to_peer.substr(0, size);
  wire.to_peer.erase(0, size);
  wire.peer->take(piece);
  return true;
}

bool FakeNetwork::move_to_gateway(ConnectionId id, Wire& wire) {
  if (wire.is_paused) return false;
  if (wire.to_gateway.empty()) {
    if (!wire.is_peer_finished || wire.has_told_end) return false;
    wire.has_told_end = true;
    add_event(Kind::Ended, id, 0);
    return true;
  }
  SegmentRef segment = pool_.take();
  if (segment.is_null()) return false;
  const std::size_t size = std::min(piece_size(random_), wire.to_gateway.size());
  copy_bytes(segment.bytes(), as_bytes(wire.to_gateway).first(size));
  wire.to_gateway.erase(0, size);
  TransportEvent event;
  event.kind = Kind::Received;
  event.connection = id;
  const ByteView view = segment.bytes().first(size);
  event.bytes = {.owner = std::move(segment), .bytes = view};
  coming_.push_back(std::move(event));
  return true;
}

void FakeNetwork::add_event(Kind kind, ConnectionId id, int error) {
  TransportEvent event;
  event.kind = kind;
  event.connection = id;
  event.error = error;
  coming_.push_back(std::move(event));
}

void FakeNetwork::drop(ConnectionId id, int error) {
  Peer* peer = wires_.at(id.value).peer;
  wires_.erase(id.value);
  add_event(Kind::Closed, id, error);
  if (peer != nullptr) peer->closed();
}

std::span<TransportEvent> FakeNetwork::poll(Duration /*patience*/) {
  given_ = std::exchange(coming_, {});
  return given_;
}

ConnectionId FakeNetwork::connect(const netio::Endpoint& /*endpoint*/) {
  const ConnectionId id{next_id_++};
  wires_[id.value] = {};
  return id;
}

void FakeNetwork::send(ConnectionId connection, Chain bytes) {
  const auto wire = wires_.find(connection.value);
  if (wire == wires_.end()) return;
  wire->second.to_peer += bytes.text(0, bytes.size());
  wire->second.has_unconfirmed = true;
}

void FakeNetwork::pause(ConnectionId connection) {
  const auto wire = wires_.find(connection.value);
  if (wire != wires_.end()) wire->second.is_paused = true;
}

void FakeNetwork::resume(ConnectionId connection) {
  const auto wire = wires_.find(connection.value);
  if (wire != wires_.end()) wire->second.is_paused = false;
}

void FakeNetwork::close(ConnectionId connection) {
  const auto wire = wires_.find(connection.value);
  if (wire != wires_.end()) wire->second.is_gateway_closing = true;
}

void FakeNetwork::abort(ConnectionId connection) {
  if (wires_.contains(connection.value)) drop(connection, 0);
}

}  // namespace sealgate::sim
