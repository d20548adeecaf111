// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/socket.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <unistd.h>

#include "netio/uring/errors.h"

namespace sealgate::netio {
namespace {

bool set_option(int descriptor, int level, int name, int value) {
  return setsockopt(descriptor, level, name, &value, sizeof(value)) == 0;
}

Error fail_listener(int descriptor, const ErrorKind& kind) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  return Error(kind, error);
}

Endpoint ipv4_endpoint(const void* address, std::uint16_t port) {
  std::array<char, INET_ADDRSTRLEN> text = {};
  inet_ntop(AF_INET, address, text.data(), text.size());
  return {.address = text.data(), .port = ntohs(port)};
}

}  // namespace

std::optional<SocketAddress> to_socket_address(const Endpoint& endpoint) {
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  // getaddrinfo takes "1.2" and "0x7f.1" for addresses too; no operator means those.
  const bool has_colon = endpoint.address.find(':') != std::string::npos;
  in_addr strict = {};
  if (!has_colon && inet_pton(AF_INET, endpoint.address.c_str(), &strict) != 1) return {};
  if (getaddrinfo(endpoint.address.c_str(), port.c_str(), &hints, &found) != 0) return {};
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

Endpoint to_endpoint(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in ipv4 = {};
    std::memcpy(&ipv4, &address.storage, sizeof(ipv4));
    return ipv4_endpoint(&ipv4.sin_addr, ipv4.sin_port);
  }
  if (address.storage.ss_family != AF_INET6) return {};
  sockaddr_in6 ipv6 = {};
  std::memcpy(&ipv6, &address.storage, sizeof(ipv6));
  if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
    return ipv4_endpoint(&ipv6.sin6_addr.s6_addr[12], ipv6.sin6_port);
  }
  std::array<char, INET6_ADDRSTRLEN> text = {};
  inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
  return {.address = text.data(), .port = ntohs(ipv6.sin6_port)};
}

Endpoint local_endpoint(int descriptor) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  auto* pointer = reinterpret_cast<sockaddr*>(&address.storage);
  if (getsockname(descriptor, pointer, &address.length) != 0) return {};
  return to_endpoint(address);
}

Endpoint peer_endpoint(int descriptor) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  auto* pointer = reinterpret_cast<sockaddr*>(&address.storage);
  if (getpeername(descriptor, pointer, &address.length) != 0) return {};
  return to_endpoint(address);
}

Result<int> open_listener(const Endpoint& endpoint, int backlog) {
  const std::optional<SocketAddress> address = to_socket_address(endpoint);
  if (!address) return kEndpointInvalid;
  const int family = address->storage.ss_family;
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail_listener(descriptor, kListenFailed);
  bool is_good = set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
                 set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) &&
                 set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // "::" and "0.0.0.0" are two listeners: whoever wants both says so.
  if (family == AF_INET6) is_good = is_good && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  is_good = is_good && bind(descriptor, address->pointer(), address->length) == 0 &&
            ::listen(descriptor, backlog) == 0;
  if (!is_good) return fail_listener(descriptor, kListenFailed);
  return descriptor;
}

Result<void> prepare_listener(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    return Error(kNotAListener, errno);
  }
  const int flags = fcntl(descriptor, F_GETFL);
  const bool is_tcp = set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (listens == 0 || !is_tcp || flags < 0) return kNotAListener;
  fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return {};
}

int open_client(const SocketAddress& address) {
  const int descriptor = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  return descriptor;
}

void close_with_reset(int descriptor) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(descriptor);
}

void close_in_order(int descriptor) {
  constexpr std::size_t kDroppedMax = 1U << 20U;
  shutdown(descriptor, SHUT_WR);
  // With MSG_TRUNC, TCP drops bytes without writing them anywhere (tcp(7)).
  recv(descriptor, nullptr, kDroppedMax, MSG_DONTWAIT | MSG_TRUNC);
  ::close(descriptor);
}

}  // namespace sealgate::netio
