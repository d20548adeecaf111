// SPDX-License-Identifier: Apache-2.0
//
// Transport moves bytes over connections and knows nothing of SMTP. netio/uring implements it
// over the kernel; the simulator implements it over a fake network.
//
// Threading: one transport belongs to one shard thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/segment.h"

namespace sealgate::netio {

// Names a connection until its Closed event; never given twice.
struct ConnectionId {
  std::uint64_t value = 0;
  auto operator<=>(const ConnectionId&) const = default;
};

struct Endpoint {
  std::string address;  // Numeric, IPv4 or IPv6.
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

struct TransportEvent {
  enum class Kind : std::uint8_t {
    Accepted,   // A client has connected: `listener` and `peer` are set.
    Connected,  // connect() has succeeded.
    Received,   // `bytes` came in.
    Sent,       // Everything given to send() so far has left.
    Ended,      // The peer will send no more; it may still read.
    Closed,     // The connection is gone; `error` is an errno or 0. The last event of an id.
  };
  Kind kind = Kind::Closed;
  ConnectionId connection;
  std::uint32_t listener = 0;
  Endpoint peer;
  Slice bytes;
  int error = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // What has happened since the last call; waits up to `patience` where nothing has. The events
  // are the caller's to take apart, and valid until the next call.
  virtual std::span<TransportEvent> poll(Duration patience) = 0;

  // Begins a connection; Connected or Closed follows.
  virtual ConnectionId connect(const Endpoint& endpoint) = 0;

  // Queues bytes. The chain's segments are kept until they have left.
  virtual void send(ConnectionId connection, Chain bytes) = 0;

  // Stops and resumes reading: how a slow consumer pushes back on its peer.
  virtual void pause(ConnectionId connection) = 0;
  virtual void resume(ConnectionId connection) = 0;

  // Closes once what was queued has left; Closed follows.
  virtual void close(ConnectionId connection) = 0;
  // Closes at once and forgets what was queued; Closed follows.
  virtual void abort(ConnectionId connection) = 0;
};

}  // namespace sealgate::netio
