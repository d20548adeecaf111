// SPDX-License-Identifier: Apache-2.0
//
// TCP sockets and their addresses. Sockets are blocking ones: io_uring would hand O_NONBLOCK's
// EAGAIN to us instead of waiting.
#pragma once

#include <optional>
#include <sys/socket.h>

#include "base/result.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Nothing when the address is not a numeric IPv4 or IPv6 address (with %zone allowed).
std::optional<SocketAddress> to_socket_address(const Endpoint& endpoint);

// Requires: an IPv4 or IPv6 address, else {"", 0}. IPv4 in IPv6 (::ffff:192.0.2.1) becomes IPv4.
Endpoint to_endpoint(const SocketAddress& address);

// The two ends of a socket; {"", 0} when it is not connected any more.
Endpoint local_endpoint(int descriptor);
Endpoint peer_endpoint(int descriptor);

// A listening socket with SO_REUSEPORT and TCP_NODELAY, which accepted sockets inherit. Fails
// with kEndpointInvalid or kListenFailed.
Result<int> open_listener(const Endpoint& endpoint, int backlog);

// Makes a listening socket of other origin like those of open_listener(). Fails with
// kNotAListener.
Result<void> prepare_listener(int descriptor);

// A socket that can be connected to `address`; -errno when there is none.
int open_client(const SocketAddress& address);

// Closes with a reset: the peer must not take what it has got for the whole.
void close_with_reset(int descriptor);
// Closes in order. What has arrived unread is dropped first, for it would turn the close into a
// reset, which can cost the peer our last reply.
void close_in_order(int descriptor);

}  // namespace sealgate::netio
