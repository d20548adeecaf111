// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/status_server.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace sealgate::app {
namespace {

// A reader that does not take its answer loses it; nobody else waits longer than this.
constexpr timeval kSendPatience{2, 0};
constexpr int kRetryMillis = 100;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  copy_bytes({reinterpret_cast<std::uint8_t*>(address.sun_path), path.size()}, as_bytes(path));
  return address;
}

// 0 where somebody answers; else why not: ECONNREFUSED where a process left its socket behind.
int try_connect(const sockaddr_un& address) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int failure =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                            : errno;
  close(descriptor);
  return failure;
}

void answer(int client, const std::string& text) {
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  close(client);
}

}  // namespace

StatusServer::~StatusServer() {
  stop();
}

int StatusServer::open() {
  const sockaddr_un address = address_of(path_);
  struct stat status {};
  if (try_connect(address) == ECONNREFUSED && lstat(path_.c_str(), &status) == 0 &&
      S_ISSOCK(status.st_mode)) {
    unlink(path_.c_str());
  }
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0 || bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int failure = errno;  // EADDRINUSE: whatever stands there is not ours.
    close(made);
    return failure;
  }
  listener_ = made;  // From here on stop() removes the file.
  if (chmod(path_.c_str(), 0660) != 0 || listen(listener_, 16) != 0) {
    return errno;
  }
  return 0;
}

void StatusServer::start(std::function<StatusFacts()> facts) {
  facts_ = std::move(facts);
  thread_ = std::thread([this] { run(); });
}

void StatusServer::stop() {
  if (thread_.joinable()) {
    is_stopping_.store(true);
    wake_.notify();
    thread_.join();
  }
  if (listener_ >= 0) {
    close(listener_);
    listener_ = -1;
    unlink(path_.c_str());
  }
}

void StatusServer::run() {
  while (!is_stopping_.load()) {
    pollfd ready[2] = {{listener_, POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}};
    poll(ready, 2, -1);
    if ((ready[0].revents & POLLIN) == 0) {
      continue;
    }
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) {
      answer(client, status_json(facts_()));
    } else if (errno != EAGAIN) {
      poll(nullptr, 0, kRetryMillis);  // Out of descriptors: the connection still waits.
    }
  }
}

}  // namespace sealgate::app
