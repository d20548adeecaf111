// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/packet.h"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

#include "base/check.h"

namespace sealgate::app {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(kPacketDescriptorsMax * sizeof(int));

struct Control {
  alignas(cmsghdr) std::array<std::uint8_t, kControlBytes> bytes{};
};

bool is_worth_a_wait(int code) {
  return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

void put_descriptors(msghdr& message, Control& control, std::span<const int> descriptors) {
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  copy_bytes({CMSG_DATA(header), descriptors.size_bytes()},
             {reinterpret_cast<const std::uint8_t*>(descriptors.data()), descriptors.size_bytes()});
}

std::vector<Descriptor> take_descriptors(msghdr& message) {
  std::vector<Descriptor> descriptors;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = header->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
      int number = -1;
      copy_bytes({reinterpret_cast<std::uint8_t*>(&number), sizeof number},
                 {CMSG_DATA(header) + at, sizeof number});
      descriptors.emplace_back(number);
    }
  }
  return descriptors;
}

}  // namespace

std::pair<Descriptor, Descriptor> packet_pair() {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

bool send_packet(int socket, ByteView bytes, std::span<const int> descriptors,
                 const Patience& patience) {
  SG_CHECK(!bytes.empty() && bytes.size() <= kPacketBytesMax);
  SG_CHECK(descriptors.size() <= kPacketDescriptorsMax);
  iovec piece{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  Control control;
  if (!descriptors.empty()) put_descriptors(message, control, descriptors);
  for (;;) {
    const ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent) == bytes.size();
    if (!is_worth_a_wait(errno)) return false;
    if (wait_for(socket, POLLOUT, patience) != Waited::Ready) return false;
  }
}

std::optional<Packet> receive_packet(int socket, const Patience& patience) {
  Packet packet;
  packet.bytes.resize(kPacketBytesMax);
  iovec piece{packet.bytes.data(), packet.bytes.size()};
  Control control;
  for (;;) {
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const ssize_t count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count >= 0) {
      packet.descriptors = take_descriptors(message);
      const bool is_cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
      if (count == 0 || is_cut) return std::nullopt;
      packet.bytes.resize(static_cast<std::size_t>(count));
      return packet;
    }
    if (!is_worth_a_wait(errno)) return std::nullopt;
    if (wait_for(socket, POLLIN, patience) != Waited::Ready) return std::nullopt;
  }
}

}  // namespace sealgate::app
