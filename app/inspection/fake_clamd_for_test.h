// SPDX-License-Identifier: Apache-2.0
//
// For tests: a clamd over a Unix socket or TCP, which finds the EICAR string in what it is given
// and can be told to misbehave.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "app/inspection/inspection_config.h"
#include "app/inspection/message_for_test.h"
#include "app/inspection/packet.h"
#include "base/check.h"

namespace sealgate::app {

// In two, so that no scanner of sources stumbles over it.
inline std::string eicar() {
  return std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR") + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
}

class FakeClamd {
 public:
  enum class Over : std::uint8_t { UnixSocket, Tcp };

  explicit FakeClamd(Over over) : over_(over) {
    path_ = "/tmp/sealgate_clamd_XXXXXX";
    SG_CHECK(mkdtemp(path_.data()) != nullptr);
    path_ += "/socket";
    listen();
  }
  ~FakeClamd() {
    stop();
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
  }
  FakeClamd(const FakeClamd&) = delete;
  FakeClamd& operator=(const FakeClamd&) = delete;

  ClamdConfig config() const {
    ClamdConfig config;
    if (over_ == Over::UnixSocket) {
      config.socket = path_;
    } else {
      config.host = "127.0.0.1";
      config.port = port_;
    }
    return config;
  }

  // What it says whatever it was given; "" to look. A NUL is added.
  std::string fixed_answer;
  bool closes_at_once = false;
  bool never_answers = false;
  std::uint64_t stream_bytes_max = ~0ULL;

  std::string received() const { return received_; }
  int connections() const { return connections_; }

  void listen() {
    const int family = over_ == Over::UnixSocket ? AF_UNIX : AF_INET;
    listener_ = Descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (over_ == Over::UnixSocket) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      path_.copy(name.sun_path, sizeof name.sun_path - 1);
      unlink(path_.c_str());
      SG_CHECK(bind(listener_.number(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    } else {
      sockaddr_in name{};
      socklen_t length = sizeof name;
      name.sin_family = AF_INET;
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      name.sin_port = htons(port_);
      const int on = 1;
      setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      SG_CHECK(bind(listener_.number(), reinterpret_cast<sockaddr*>(&name), length) == 0);
      getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&name), &length);
      port_ = ntohs(name.sin_port);
    }
    SG_CHECK(::listen(listener_.number(), 64) == 0);
    is_stopping_ = false;
    thread_ = std::thread([this] { serve(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    is_stopping_ = true;
    shutdown(listener_.number(), SHUT_RDWR);
    thread_.join();
    listener_ = Descriptor();
  }

 private:
  void serve() {
    for (;;) {
      const Descriptor connection(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
      if (is_stopping_ || !connection.is_open()) return;
      ++connections_;
      if (!closes_at_once) serve_one(connection.number());
    }
  }

  std::string read_exactly(int connection, std::size_t size) {
    std::string text(size, '\0');
    const ssize_t count = recv(connection, text.data(), size, MSG_WAITALL);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

  void serve_one(int connection) {
    std::string command;
    while (!command.ends_with('\0') && command.size() < 20) command += read_exactly(connection, 1);
    std::string subject;
    bool is_too_long = false;
    if (command == std::string("zFILDES\0", 8)) {
      const std::optional<Packet> packet = receive_packet(connection, long_patience());
      SG_CHECK(packet && packet->descriptors.size() == 1 && packet->bytes.size() == 1);
      received_ = read_file(packet->descriptors.front().number());
      subject = "fd[" + std::to_string(packet->descriptors.front().number()) + "]";
    } else {
      SG_CHECK(command == std::string("zINSTREAM\0", 10));
      is_too_long = !read_stream(connection);
      subject = "stream";
    }
    answer(connection, subject, is_too_long);
  }

  void answer(int connection, const std::string& subject, bool is_too_long) {
    if (never_answers) {
      read_exactly(connection, 1);  // Until the other side has had enough.
      return;
    }
    std::string text = subject + ": OK";
    if (received_.find(eicar()) != std::string::npos) text = subject + ": Eicar-Test FOUND";
    if (is_too_long) text = "INSTREAM size limit exceeded. ERROR";
    if (!fixed_answer.empty()) text = fixed_answer;
    text += '\0';
    send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  }

  static std::string read_file(int file) {
    std::string text;
    std::array<char, 65536> block;
    ssize_t count = 0;
    while ((count = read(file, block.data(), block.size())) > 0) {
      text.append(block.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  bool read_stream(int connection) {
    received_.clear();
    for (;;) {
      const std::string length = read_exactly(connection, 4);
      if (length.size() != 4) return true;
      std::uint32_t size = 0;
      for (const char c : length) size = size << 8U | static_cast<unsigned char>(c);
      if (size == 0) return true;
      if (received_.size() + size > stream_bytes_max) return false;
      received_ += read_exactly(connection, size);
    }
  }

  Over over_;
  std::string path_;
  std::uint16_t port_ = 0;
  Descriptor listener_;
  std::string received_;
  std::atomic<int> connections_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace sealgate::app
