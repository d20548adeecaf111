// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/clamd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/inspection/clamd_answer.h"
#include "app/inspection/errors.h"
#include "app/inspection/packet.h"
#include "base/bytes.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {
namespace {

// 'z': command and answer end with NUL.
constexpr std::string_view kFildes{"zFILDES\0", 8};
constexpr std::string_view kInstream{"zINSTREAM\0", 10};
constexpr std::size_t kChunkBytes = 256 * 1024;

bool is_worth_a_wait(int code) {
  return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

bool send_all(int connection, ByteView bytes, const Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t count = send(connection, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (!is_worth_a_wait(errno) ||
               wait_for(connection, POLLOUT, patience) != Waited::Ready) {
      return false;
    }
  }
  return true;
}

// A chunk of INSTREAM: its length in network order, its octets. Length 0 is the end.
bool send_chunk_length(int connection, std::size_t length, const Patience& patience) {
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(length >> 24U), static_cast<std::uint8_t>(length >> 16U),
      static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length)};
  return send_all(connection, octets, patience);
}

bool send_stream(int connection, const SealedMessage& message, const Patience& patience) {
  Bytes chunk(kChunkBytes);
  for (std::uint64_t offset = 0; offset < message.size;) {
    const ssize_t count =
        pread(message.file.number(), chunk.data(), chunk.size(), static_cast<off_t>(offset));
    if (count <= 0) return false;
    const auto length = static_cast<std::size_t>(count);
    if (!send_chunk_length(connection, length, patience) ||
        !send_all(connection, ByteView(chunk).first(length), patience)) {
      return false;
    }
    offset += length;
  }
  return send_chunk_length(connection, 0, patience);
}

// Up to the NUL; nothing when the connection or the patience ends before it, or beyond
// kClamdAnswerBytesMax.
std::optional<std::string> receive_answer(int connection, const Patience& patience) {
  std::array<char, kClamdAnswerBytesMax + 1> text{};
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t count =
        recv(connection, text.data() + length, text.size() - length, MSG_DONTWAIT);
    if (count > 0) {
      length += static_cast<std::size_t>(count);
      const std::string_view answer(text.data(), length);
      const std::size_t end = answer.find('\0');
      if (end == length - 1) return std::string(answer.substr(0, end));
      if (end != std::string_view::npos) return std::nullopt;  // More than one answer.
    } else if (count == 0 || !is_worth_a_wait(errno) ||
               wait_for(connection, POLLIN, patience) != Waited::Ready) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

template <typename Address>
socklen_t store(sockaddr_storage& to, const Address& from, std::size_t length) {
  copy_bytes({reinterpret_cast<std::uint8_t*>(&to), sizeof to},
             {reinterpret_cast<const std::uint8_t*>(&from), length});
  return static_cast<socklen_t>(length);
}

socklen_t look_up(const ClamdConfig& config, sockaddr_storage& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(config.port);
  if (getaddrinfo(config.host.c_str(), port.c_str(), &hints, &list) != 0) return 0;
  const socklen_t length = store(address, *list->ai_addr, list->ai_addrlen);
  freeaddrinfo(list);
  return length;
}

socklen_t unix_address(const std::string& path, sockaddr_storage& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return 0;
  std::copy(path.begin(), path.end(), name.sun_path);
  return store(address, name, sizeof name);
}

Judgement unavailable(std::string_view reason, bool is_scanner_down) {
  return {Outcome::Unavailable, std::string(reason), is_scanner_down};
}

}  // namespace

Result<Clamd> Clamd::create(const ClamdConfig& config) {
  Clamd clamd;
  clamd.passes_descriptor_ = !config.socket.empty();
  clamd.stream_bytes_max_ = config.stream_bytes_max;
  clamd.connect_timeout_ = config.connect_timeout;
  clamd.address_length_ = clamd.passes_descriptor_ ? unix_address(config.socket, clamd.address_)
                                                   : look_up(config, clamd.address_);
  if (clamd.address_length_ == 0) return kClamdNotFound;
  return clamd;
}

Descriptor Clamd::connect(const Patience& patience) const {
  Descriptor connection(socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connection.is_open()) return {};
  Patience short_patience = patience;
  short_patience.until = std::min(patience.until, hsm::monotonic_now() + connect_timeout_);
  const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
  while (::connect(connection.number(), address, address_length_) != 0) {
    // EAGAIN: the backlog of a Unix socket is full, for which nobody can wait.
    if (errno != EINPROGRESS && errno != EINTR && errno != EALREADY) return {};
    if (wait_for(connection.number(), POLLOUT, short_patience) != Waited::Ready) return {};
    int failure = 0;
    socklen_t length = sizeof failure;
    getsockopt(connection.number(), SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure != 0) return {};
    break;
  }
  return connection;
}

bool Clamd::send_message(int connection, const SealedMessage& message,
                         const Patience& patience) const {
  if (!passes_descriptor_) {
    return send_all(connection, as_bytes(kInstream), patience) &&
           send_stream(connection, message, patience);
  }
  // clamd takes the descriptor with any one octet behind the command.
  const std::array descriptors{message.file.number()};
  const std::array<std::uint8_t, 1> octet{0};
  return send_all(connection, as_bytes(kFildes), patience) &&
         send_packet(connection, octet, descriptors, patience);
}

Judgement Clamd::scan(const SealedMessage& message, const Patience& patience) const {
  if (!passes_descriptor_ && message.size > stream_bytes_max_) {
    return {Outcome::Refused, "the message is larger than may be sent to clamd", false};
  }
  const Descriptor connection = connect(patience);
  if (!connection.is_open()) return unavailable("clamd cannot be reached", true);
  // Where clamd closes early it has said why before: the answer is read all the same.
  const bool is_sent = send_message(connection.number(), message, patience);
  const std::optional<std::string> answer = receive_answer(connection.number(), patience);
  if (answer) {
    const Judgement judgement = parse_clamd_answer(*answer);
    if (is_sent || judgement.outcome != Outcome::Clean) return judgement;
  }
  return unavailable("clamd gives no answer about the message", false);
}

}  // namespace sealgate::app
