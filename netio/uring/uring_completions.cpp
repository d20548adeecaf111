// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "netio/uring/uring_state.h"

namespace sealgate::netio {
namespace {

using Phase = Connection::Phase;
using Kind = TransportEvent::Kind;

constexpr unsigned kOperationShift = 56;
constexpr unsigned kPlaceShift = 32;
constexpr std::uint32_t kPlaceMask = (1U << 24U) - 1;

bool is_passing(int error) {
  return error == EAGAIN || error == EINTR;
}

}  // namespace

std::uint64_t UringState::ticket(Operation operation, std::uint32_t place,
                                 std::uint32_t generation) {
  return static_cast<std::uint64_t>(operation) << kOperationShift |
         std::uint64_t{place} << kPlaceShift | generation;
}

std::uint64_t UringState::ticket(Operation operation, const Connection& connection) const {
  return ticket(operation, connections_.place_of(connection), connection.generation);
}

std::size_t UringState::take_completions() {
  std::array<Completion, 64> completions = {};
  std::size_t taken = 0;
  while (next_.size() < options_.events_max) {
    const std::size_t room = options_.events_max - next_.size();
    const std::size_t count =
        ring_->take(std::span(completions).first(std::min(room, completions.size())));
    for (std::size_t i = 0; i < count; ++i) on_completion(completions[i]);
    if (count == 0) break;
    taken += count;
  }
  return taken;
}

void UringState::on_completion(const Completion& completion) {
  const auto operation = static_cast<Operation>(completion.ticket >> kOperationShift);
  const auto place = static_cast<std::uint32_t>(completion.ticket >> kPlaceShift) & kPlaceMask;
  if (operation == Operation::Cancel) return;
  if (operation == Operation::Wake) {
    is_wake_armed_ = false;
    return;
  }
  if (operation == Operation::Accept) {
    on_accept(place, completion);
    return;
  }
  Connection& connection = connections_.at(place);
  SG_CHECK(connection.generation == static_cast<std::uint32_t>(completion.ticket));
  if (!completion.has_more()) --connection_operations_;
  if (operation == Operation::Connect) on_connect(connection, completion.result);
  if (operation == Operation::Send) on_send(connection, completion.result);
  if (operation == Operation::Receive) {
    if (!completion.has_more()) connection.is_receiving = false;
    if (buffers_ != nullptr) {
      on_buffer(connection, completion);
    } else {
      on_readable(connection, completion.result);
    }
  }
}

void UringState::on_accept(std::uint32_t listener, const Completion& completion) {
  // What the kernel may accept beyond our limit before it has seen that it should stop.
  constexpr std::size_t kWaitingMax = 1024;
  Listener& at = listeners_[listener];
  if (!completion.has_more()) at.is_accepting = false;
  const int result = completion.result;
  if (result < 0) {
    is_short_of_descriptors_ = is_short_of_descriptors_ || result == -EMFILE || result == -ENFILE ||
                               result == -ENOBUFS || result == -ENOMEM;
    return;
  }
  if (accepted_ < options_.accepted_max) {
    admit(listener, result);
  } else if (at.waiting.size() < kWaitingMax) {
    at.waiting.push_back(result);
  } else {
    close_with_reset(result);
  }
  if (accepted_ < options_.accepted_max) return;
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].is_accepting) cancel(Operation::Accept, i, 0);
  }
}

void UringState::admit(std::uint32_t listener, int descriptor) {
  Endpoint peer = peer_endpoint(descriptor);
  if (peer.address.empty()) {  // Gone again.
    ::close(descriptor);
    return;
  }
  Connection* connection = connections_.add();
  SG_CHECK(connection != nullptr);
  ++accepted_;
  connection->phase = Phase::Open;
  connection->descriptor = descriptor;
  next_.push_back({.kind = Kind::Accepted,
                   .connection = connections_.id_of(*connection),
                   .listener = listener,
                   .peer = std::move(peer),
                   .bytes = {},
                   .error = 0});
  begin_receive(*connection);
}

void UringState::on_connect(Connection& connection, int result) {
  connection.is_connecting = false;
  connection.address.reset();
  if (connection.phase == Phase::Ending) {
    finish_if_idle(connection);
    return;
  }
  if (result < 0) {
    begin_ending(connection, -result);
    return;
  }
  if (connection.phase == Phase::Connecting) {
    connection.phase = Phase::Open;
    add_event(Kind::Connected, connection);
    begin_receive(connection);
  }
  if (!connection.queue.is_empty()) mark_unsent(connection);
}

void UringState::mark_unsent(Connection& connection) {
  if (connection.is_sending || connection.is_connecting) return;
  const ConnectionId id = connections_.id_of(connection);
  if (unsent_.empty() || unsent_.back() != id) unsent_.push_back(id);
}

void UringState::begin_send(Connection& connection) {
  if (connection.phase != Phase::Open && connection.phase != Phase::Draining) return;
  if (connection.is_sending || connection.is_connecting || connection.queue.is_empty()) return;
  if (spare_batches_.empty()) {
    connection.batch = std::make_unique<SendBatch>();
  } else {
    connection.batch = std::move(spare_batches_.back());
    spare_batches_.pop_back();
  }
  connection.queue.gather(*connection.batch);
  connection.is_sending = true;
  ++connection_operations_;
  io_uring_sqe& entry = ring_->entry();
  io_uring_prep_sendmsg(&entry, connection.descriptor, &connection.batch->header,
                        MSG_NOSIGNAL | MSG_WAITALL);
  entry.user_data = ticket(Operation::Send, connection);
}

void UringState::on_send(Connection& connection, int result) {
  constexpr std::size_t kSpareBatchesMax = 256;
  connection.is_sending = false;
  if (spare_batches_.size() < kSpareBatchesMax) {
    spare_batches_.push_back(std::move(connection.batch));
  }
  connection.batch.reset();
  if (connection.phase == Phase::Ending) {
    connection.queue.clear();
    finish_if_idle(connection);
    return;
  }
  if (result < 0 && !is_passing(-result)) {
    on_send_failed(connection, -result);
    return;
  }
  if (result > 0) connection.queue.consume(static_cast<std::size_t>(result));
  if (!connection.queue.is_empty()) {
    mark_unsent(connection);
  } else if (connection.phase == Phase::Draining) {
    begin_ending(connection, 0);
  } else {
    add_event(Kind::Sent, connection);
  }
}

void UringState::on_send_failed(Connection& connection, int error) {
  connection.queue.clear();
  const bool has_peer_left = error == EPIPE || error == ECONNRESET;
  if (has_peer_left && connection.phase == Phase::Open && connection.is_receiving) {
    // Its last words ("421 too many connections") may still lie in our receive buffer; receiving
    // ends by itself when they are read.
    connection.send_error = error;
    return;
  }
  begin_ending(connection, error);
}

void UringState::begin_receive(Connection& connection) {
  const bool wanted = connection.phase == Phase::Open && !connection.is_paused &&
                      !connection.has_ended && !connection.is_starved;
  if (!wanted || connection.is_receiving) return;
  if (buffers_ != nullptr && buffers_->available() == 0) {
    starve(connection);
    return;
  }
  connection.is_receiving = true;
  ++connection_operations_;
  io_uring_sqe& entry = ring_->entry();
  if (buffers_ != nullptr) {
    io_uring_prep_recv_multishot(&entry, connection.descriptor, nullptr, 0, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = BufferRing::kGroup;
  } else {
    io_uring_prep_poll_add(&entry, connection.descriptor, POLLIN);
  }
  entry.user_data = ticket(Operation::Receive, connection);
}

void UringState::starve(Connection& connection) {
  connection.is_starved = true;
  starved_.push_back(connections_.id_of(connection));
}

void UringState::on_buffer(Connection& connection, const Completion& completion) {
  Slice bytes;
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    const auto id = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    if (completion.result > 0 && connection.phase == Phase::Open) {
      bytes = buffers_->take(id, static_cast<std::size_t>(completion.result));
    } else {
      buffers_->give_back(id);
    }
  }
  on_receive_result(connection, completion.result, std::move(bytes));
}

void UringState::on_readable(Connection& connection, int result) {
  if (result < 0 || connection.phase != Phase::Open || connection.is_paused) {
    on_receive_result(connection, result < 0 ? result : -ECANCELED, {});
    return;
  }
  if (!room_.is_worthwhile()) room_ = ReceiveRoom(spare_segment());
  if (!room_.is_worthwhile()) {
    on_receive_result(connection, -ENOBUFS, {});
    return;
  }
  const MutableBytes rest = room_.rest();
  const ssize_t count = recv(connection.descriptor, rest.data(), rest.size(), MSG_DONTWAIT);
  const int outcome = count < 0 ? -errno : static_cast<int>(count);
  Slice bytes;
  if (count > 0) bytes = room_.take(static_cast<std::size_t>(count));
  on_receive_result(connection, outcome, std::move(bytes));
}

void UringState::on_receive_result(Connection& connection, int result, Slice bytes) {
  if (connection.phase == Phase::Ending) {
    finish_if_idle(connection);
    return;
  }
  if (connection.phase == Phase::Draining) {
    const bool has_failed = result < 0 && result != -ENOBUFS && result != -ECANCELED;
    if (has_failed && !is_passing(-result)) begin_ending(connection, -result);
    return;
  }
  if (result > 0 && connection.is_paused) {
    connection.held.append(std::move(bytes));
  } else if (result > 0) {
    add_received(connection, std::move(bytes));
  } else if (result == 0 && connection.is_paused) {
    connection.holds_end = true;
  } else if (result == 0) {
    connection.has_ended = true;
    if (connection.send_error == 0) add_event(Kind::Ended, connection);
  } else if (result == -ENOBUFS && !connection.is_receiving) {
    starve(connection);
  } else if (result != -ECANCELED && !is_passing(-result)) {
    begin_ending(connection, -result);
    return;
  }
  settle_receive(connection);
}

void UringState::settle_receive(Connection& connection) {
  begin_receive(connection);
  // Nothing more will be read from a peer that cannot be written to.
  const bool is_over = connection.send_error != 0 && !connection.is_receiving;
  if (is_over && connection.phase == Phase::Open) begin_ending(connection, connection.send_error);
}

void UringState::cancel(Operation operation, std::uint32_t place, std::uint32_t generation) {
  io_uring_sqe& entry = ring_->entry();
  io_uring_prep_cancel64(&entry, ticket(operation, place, generation), 0);
  entry.user_data = ticket(Operation::Cancel, place, generation);
}

void UringState::begin_ending(Connection& connection, int error) {
  const std::uint32_t place = connections_.place_of(connection);
  const std::uint32_t generation = connection.generation;
  connection.phase = Phase::Ending;
  connection.error = error;
  connection.held = Chain();
  // What is being sent, the kernel still reads.
  if (!connection.is_sending) connection.queue.clear();
  if (connection.is_receiving) cancel(Operation::Receive, place, generation);
  if (connection.is_sending) cancel(Operation::Send, place, generation);
  if (connection.is_connecting) cancel(Operation::Connect, place, generation);
  finish_if_idle(connection);
}

void UringState::finish_if_idle(Connection& connection) {
  if (!connection.is_idle()) return;
  if (connection.wants_reset) {
    close_with_reset(connection.descriptor);
  } else {
    close_in_order(connection.descriptor);
  }
  is_short_of_descriptors_ = false;
  next_.push_back({.kind = Kind::Closed,
                   .connection = connections_.id_of(connection),
                   .listener = 0,
                   .peer = {},
                   .bytes = {},
                   .error = connection.error});
  --(connection.is_outgoing ? connected_ : accepted_);
  connections_.remove(connection);
}

void UringState::add_event(Kind kind, const Connection& connection) {
  next_.push_back({.kind = kind,
                   .connection = connections_.id_of(connection),
                   .listener = 0,
                   .peer = {},
                   .bytes = {},
                   .error = 0});
}

void UringState::add_received(const Connection& connection, Slice bytes) {
  next_.push_back({.kind = Kind::Received,
                   .connection = connections_.id_of(connection),
                   .listener = 0,
                   .peer = {},
                   .bytes = std::move(bytes),
                   .error = 0});
}

SegmentRef UringState::spare_segment() {
  return pool_->free_count() > options_.segments_reserve ? pool_->take() : SegmentRef();
}

}  // namespace sealgate::netio
