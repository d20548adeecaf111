// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/notify.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"

namespace sealgate::app {

void notify_supervisor(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const std::string name = path == nullptr ? "" : path;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) {
    return;
  }
  address.sun_family = AF_UNIX;
  copy_bytes({reinterpret_cast<std::uint8_t*>(address.sun_path), name.size()}, as_bytes(name));
  if (name.front() == '@') {
    address.sun_path[0] = '\0';  // unix(7): the abstract name space.
  }
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
  close(descriptor);
}

std::optional<Duration> watchdog_pause() {
  const char* text = std::getenv("WATCHDOG_USEC");
  const std::int64_t micros = text == nullptr ? 0 : std::atoll(text);
  if (micros <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds(micros / 2);
}

}  // namespace sealgate::app
