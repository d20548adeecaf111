// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "app/config/node_config.h"

namespace sealgate::app {
namespace {

std::string numeric_address(const addrinfo& found) {
  char text[INET6_ADDRSTRLEN] = {};
  if (found.ai_family == AF_INET) {
    sockaddr_in address{};
    copy_bytes({reinterpret_cast<std::uint8_t*>(&address), sizeof address},
               {reinterpret_cast<const std::uint8_t*>(found.ai_addr), sizeof address});
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  } else if (found.ai_family == AF_INET6) {
    sockaddr_in6 address{};
    copy_bytes({reinterpret_cast<std::uint8_t*>(&address), sizeof address},
               {reinterpret_cast<const std::uint8_t*>(found.ai_addr), sizeof address});
    inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  }
  return text;
}

void resolve(const NextHop& hop, RouteConfig& route, Problems& problems) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(hop.host.c_str(), nullptr, &hints, &list);
  if (failure != 0) {
    problems.push_back(Problem{route.place, "the next hop " + hop.host +
                                                " cannot be looked up: " + gai_strerror(failure) +
                                                "; correct the name or the resolver"});
    return;
  }
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    const std::string address = numeric_address(*found);
    if (!address.empty()) {
      route.route.endpoints.push_back(netio::Endpoint{address, hop.port});
    }
  }
  freeaddrinfo(list);
}

}  // namespace

void resolve_routes(NodeConfig& config, Problems& problems) {
  for (RouteConfig& route : config.routes) {
    route.route.endpoints.clear();
    for (const NextHop& hop : route.next_hops) {
      resolve(hop, route, problems);
    }
  }
}

}  // namespace sealgate::app
