// SPDX-License-Identifier: Apache-2.0
//
// What the transport knows of one connection, and the table of all of them.
#pragma once

#include <memory>
#include <vector>

#include "base/segment.h"
#include "netio/api/transport.h"
#include "netio/uring/send_queue.h"
#include "netio/uring/socket.h"

namespace sealgate::netio {

struct Connection {
  enum class Phase : std::uint8_t {
    Free,        // Nobody's.
    Connecting,  // Towards Open.
    Open,
    Draining,  // close() was called: towards Ending, once what is queued has left.
    Ending,    // Waits for the kernel to let go of it.
  };

  Phase phase = Phase::Free;
  bool is_outgoing = false;
  bool is_paused = false;
  bool has_ended = false;   // The peer sends no more.
  bool is_starved = false;  // Waits for a segment to receive into.
  // What the kernel has under way for it.
  bool is_connecting = false;
  bool is_receiving = false;
  bool is_sending = false;

  bool wants_reset = false;  // Close with a reset.
  int error = 0;             // What Closed will report.
  int send_error = 0;        // Sending has failed; what the peer had sent before is still read.
  int descriptor = -1;
  std::uint32_t generation = 0;

  SendQueue queue;
  std::unique_ptr<SendBatch> batch;        // While is_sending.
  std::unique_ptr<SocketAddress> address;  // While is_connecting.
  Chain held;                              // Came in while paused.
  bool holds_end = false;

  bool is_idle() const { return !is_connecting && !is_receiving && !is_sending; }
};

class ConnectionTable {
 public:
  // Room for `size` connections, fewer than 2^24.
  explicit ConnectionTable(std::uint32_t size);

  // A fresh connection, of which all but `generation` is as by default. Null when none is free.
  Connection* add();
  // Makes the connection's id invalid and its place free.
  void remove(Connection& connection);

  // Null when the connection is gone.
  Connection* find(ConnectionId id);
  Connection& at(std::uint32_t place);

  std::uint32_t place_of(const Connection& connection) const;
  ConnectionId id_of(const Connection& connection) const;
  // An id that was never a connection's.
  ConnectionId make_failed_id();

  std::uint32_t size() const { return static_cast<std::uint32_t>(connections_.size()); }
  std::uint32_t count() const { return size() - static_cast<std::uint32_t>(free_.size()); }

 private:
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_;
  std::uint64_t failed_ = 0;
};

}  // namespace sealgate::netio
