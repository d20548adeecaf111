// SPDX-License-Identifier: Apache-2.0
//
// What stands behind UringTransport: connections, listeners and the operations that the kernel
// has under way for them. uring_state.cpp has what the shard asks for, uring_completions.cpp what
// the kernel answers.
//
// Invariants: an entry's ticket names operation, place and generation; a place is free only when
// the kernel has answered every operation of it. Events are collected for the next poll() and
// never added to those already given out.
#pragma once

#include <memory>
#include <vector>

#include "netio/uring/buffer_ring.h"
#include "netio/uring/connection.h"
#include "netio/uring/ring.h"
#include "netio/uring/uring_transport.h"

namespace sealgate::netio {

class UringState {
 public:
  static Result<std::unique_ptr<UringState>> create(SegmentPool& pool, const UringOptions& options);
  ~UringState();
  UringState(const UringState&) = delete;
  UringState& operator=(const UringState&) = delete;

  Result<Endpoint> listen(const Endpoint& endpoint, int backlog);
  Result<Endpoint> adopt_listener(int descriptor);
  int wake_fd() const { return wake_fd_; }
  bool has_buffer_ring() const { return buffers_ != nullptr; }
  std::uint32_t connection_count() const { return connections_.count(); }

  std::span<TransportEvent> poll(Duration patience);
  ConnectionId connect(const Endpoint& endpoint);
  void send(ConnectionId id, const Chain& bytes);
  void pause(ConnectionId id);
  void resume(ConnectionId id);
  void close(ConnectionId id);
  void abort(ConnectionId id);

 private:
  enum class Operation : std::uint8_t { Accept, Receive, Send, Connect, Cancel, Wake };
  struct Listener {
    int descriptor = -1;
    bool is_accepting = false;
    // Accepted by the kernel when there was no place left.
    std::vector<int> waiting;
  };

  UringState(SegmentPool& pool, const UringOptions& options);
  Result<void> open();
  bool has_operations() const;

  // Tickets.
  static std::uint64_t ticket(Operation operation, std::uint32_t place, std::uint32_t generation);
  std::uint64_t ticket(Operation operation, const Connection& connection) const;

  // Before a wait: everything that may have become possible.
  void begin_turn();
  void arm_wake();
  void serve_waiting();
  void arm_listeners();
  void flush_sends();
  void serve_resumed();
  void serve_starved();

  // What the kernel answers.
  // How many there were.
  std::size_t take_completions();
  void on_completion(const Completion& completion);
  void on_accept(std::uint32_t listener, const Completion& completion);
  void on_connect(Connection& connection, int result);
  void on_send(Connection& connection, int result);
  void on_buffer(Connection& connection, const Completion& completion);
  void on_readable(Connection& connection, int result);
  void on_receive_result(Connection& connection, int result, Slice bytes);
  void on_send_failed(Connection& connection, int error);

  // Steps of one connection.
  void admit(std::uint32_t listener, int descriptor);
  void begin_receive(Connection& connection);
  void begin_send(Connection& connection);
  void mark_unsent(Connection& connection);
  void starve(Connection& connection);
  void cancel(Operation operation, std::uint32_t place, std::uint32_t generation);
  void begin_ending(Connection& connection, int error);
  void finish_if_idle(Connection& connection);
  void settle_receive(Connection& connection);
  void add_event(TransportEvent::Kind kind, const Connection& connection);
  void add_received(const Connection& connection, Slice bytes);
  SegmentRef spare_segment();

  SegmentPool* pool_;
  UringOptions options_;
  std::unique_ptr<BufferRing> buffers_;  // Null in Readiness mode. Outlives the ring.
  ReceiveRoom room_;                     // What Readiness mode receives into.
  std::unique_ptr<Ring> ring_;
  ConnectionTable connections_;
  std::vector<Listener> listeners_;
  std::uint32_t accepted_ = 0;
  std::uint32_t connected_ = 0;
  // Sockets cannot be had; tried again when one was closed, or after a wait in which nothing
  // happened: trying at each turn would keep the shard busy with failures.
  bool is_short_of_descriptors_ = false;

  int wake_fd_ = -1;
  std::uint64_t wake_count_ = 0;
  bool is_wake_armed_ = false;
  std::uint32_t connection_operations_ = 0;  // Unanswered ones.

  std::vector<ConnectionId> unsent_;
  std::vector<ConnectionId> resumed_;
  std::vector<ConnectionId> starved_;
  std::vector<std::unique_ptr<SendBatch>> spare_batches_;
  std::vector<TransportEvent> events_;  // Given out by the last poll().
  std::vector<TransportEvent> next_;    // For the next one.
};

}  // namespace sealgate::netio
