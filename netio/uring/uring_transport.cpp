// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/uring_transport.h"

#include <utility>

#include "netio/uring/uring_state.h"

namespace sealgate::netio {

Result<std::unique_ptr<UringTransport>> UringTransport::create(SegmentPool& pool,
                                                               const UringOptions& options) {
  std::unique_ptr<UringState> state = SG_TRY(UringState::create(pool, options));
  return std::unique_ptr<UringTransport>(new UringTransport(std::move(state)));
}

UringTransport::UringTransport(std::unique_ptr<UringState> state) : state_(std::move(state)) {}

UringTransport::~UringTransport() = default;

Result<Endpoint> UringTransport::listen(const Endpoint& endpoint, int backlog) {
  return state_->listen(endpoint, backlog);
}

Result<Endpoint> UringTransport::adopt_listener(int descriptor) {
  return state_->adopt_listener(descriptor);
}

int UringTransport::wake_fd() const {
  return state_->wake_fd();
}

ReceiveMode UringTransport::receive_mode() const {
  return state_->has_buffer_ring() ? ReceiveMode::BufferRing : ReceiveMode::Readiness;
}

std::uint32_t UringTransport::connection_count() const {
  return state_->connection_count();
}

std::span<TransportEvent> UringTransport::poll(Duration patience) {
  return state_->poll(patience);
}

ConnectionId UringTransport::connect(const Endpoint& endpoint) {
  return state_->connect(endpoint);
}

void UringTransport::send(ConnectionId connection, Chain bytes) {
  state_->send(connection, bytes);
}

void UringTransport::pause(ConnectionId connection) {
  state_->pause(connection);
}

void UringTransport::resume(ConnectionId connection) {
  state_->resume(connection);
}

void UringTransport::close(ConnectionId connection) {
  state_->close(connection);
}

void UringTransport::abort(ConnectionId connection) {
  state_->abort(connection);
}

}  // namespace sealgate::netio
