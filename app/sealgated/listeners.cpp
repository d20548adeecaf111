// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/listeners.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "app/sealgated/log.h"
#include "netio/uring/errors.h"

namespace sealgate::app {
namespace {

constexpr int kBacklog = 512;
constexpr int kFirstHandedDescriptor = 3;  // sd_listen_fds(3).
constexpr int kHandedDescriptorsMax = 256;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const netio::Endpoint& endpoint) {
  SocketAddress address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET, endpoint.address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(endpoint.port);
    address.length = sizeof four;
    copy_bytes({reinterpret_cast<std::uint8_t*>(&address.storage), sizeof four},
               {reinterpret_cast<const std::uint8_t*>(&four), sizeof four});
  } else if (inet_pton(AF_INET6, endpoint.address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(endpoint.port);
    address.length = sizeof six;
    copy_bytes({reinterpret_cast<std::uint8_t*>(&address.storage), sizeof six},
               {reinterpret_cast<const std::uint8_t*>(&six), sizeof six});
  }
  return address;
}

// The shards share a port by SO_REUSEPORT, and so would another sealgated of the same user: a
// plain bind finds out whether somebody is there. An errno, or 0.
int probe(const netio::Endpoint& endpoint) {
  const SocketAddress address = socket_address(endpoint);
  const int descriptor = socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return errno;
  }
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.get()->sa_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const int failure = bind(descriptor, address.get(), address.length) == 0 ? 0 : errno;
  close(descriptor);
  return failure;
}

bool is_bound_to(int descriptor, const netio::Endpoint& endpoint) {
  const SocketAddress wanted = socket_address(endpoint);
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0 ||
      bound.length < wanted.length || bound.get()->sa_family != wanted.get()->sa_family) {
    return false;
  }
  // Family, port and address stand in the first bytes; what follows in IPv6 is flow and scope.
  const std::size_t compared =
      wanted.get()->sa_family == AF_INET ? offsetof(sockaddr_in, sin_zero) : wanted.length - 4;
  return equal_bytes({reinterpret_cast<const std::uint8_t*>(&wanted.storage), compared},
                     {reinterpret_cast<const std::uint8_t*>(&bound.storage), compared});
}

// The descriptors of socket activation, taken out of the environment.
std::vector<int> handed_descriptors() {
  std::vector<int> descriptors;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid != nullptr && count != nullptr && std::atoi(pid) == getpid()) {
    const int handed = std::min(std::atoi(count), kHandedDescriptorsMax);
    for (int i = 0; i < handed; ++i) {
      fcntl(kFirstHandedDescriptor + i, F_SETFD, FD_CLOEXEC);
      descriptors.push_back(kFirstHandedDescriptor + i);
    }
  }
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
  return descriptors;
}

std::string name_of(const netio::Endpoint& endpoint) {
  const bool is_six = endpoint.address.find(':') != std::string::npos;
  return (is_six ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

// A listener's socket that the shards but the last share by duplicates.
std::optional<netio::Endpoint> adopt(int descriptor,
                                     const std::vector<std::unique_ptr<Shard>>& shards,
                                     const std::string& name, Problems& problems) {
  std::optional<netio::Endpoint> endpoint;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const int own = i + 1 == shards.size() ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    const Result<netio::Endpoint> adopted = shards[i]->transport().adopt_listener(own);
    if (!adopted) {
      close(own);
      problems.push_back(Problem{"listener " + name, text_of(adopted.error())});
      return std::nullopt;
    }
    endpoint = adopted.value();
  }
  return endpoint;
}

std::optional<netio::Endpoint> open_own(netio::Endpoint endpoint,
                                        const std::vector<std::unique_ptr<Shard>>& shards,
                                        Problems& problems) {
  const std::string name = name_of(endpoint);
  const int failure = endpoint.port == 0 ? 0 : probe(endpoint);
  if (failure != 0) {
    problems.push_back(Problem{"listener " + name, text_of(Error(netio::kListenFailed, failure))});
    return std::nullopt;
  }
  for (const std::unique_ptr<Shard>& shard : shards) {
    const Result<netio::Endpoint> bound = shard->transport().listen(endpoint, kBacklog);
    if (!bound) {
      problems.push_back(Problem{"listener " + name, text_of(bound.error())});
      return std::nullopt;
    }
    endpoint = bound.value();  // The kernel's port for 0: the other shards take it too.
  }
  return endpoint;
}

}  // namespace

std::optional<std::vector<netio::Endpoint>> open_listeners(
    const NodeConfig& config, const std::vector<std::unique_ptr<Shard>>& shards,
    Problems& problems) {
  std::vector<int> handed = handed_descriptors();
  std::vector<netio::Endpoint> endpoints;
  for (const netio::ListenerSettings& listener : config.listeners) {
    std::optional<netio::Endpoint> endpoint;
    const auto fitting = std::find_if(handed.begin(), handed.end(), [&](int descriptor) {
      return is_bound_to(descriptor, listener.endpoint);
    });
    if (fitting != handed.end()) {
      endpoint = adopt(*fitting, shards, name_of(listener.endpoint), problems);
      handed.erase(fitting);
    } else {
      endpoint = open_own(listener.endpoint, shards, problems);
    }
    if (!endpoint) {
      return std::nullopt;
    }
    endpoints.push_back(*endpoint);
  }
  for (const int descriptor : handed) {
    log_event(LogLevel::Warning, "handed_socket_unused",
              {{"descriptor", static_cast<std::uint64_t>(descriptor)},
               {"text", "the socket unit listens where no [[listeners]] does"}});
    close(descriptor);
  }
  return endpoints;
}

}  // namespace sealgate::app
