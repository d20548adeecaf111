// SPDX-License-Identifier: Apache-2.0
//
// Packets with file descriptors over a Unix socket (SOCK_SEQPACKET, or SOCK_STREAM where the
// other side knows what to expect).
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "app/inspection/descriptor.h"
#include "app/inspection/waiting.h"
#include "base/bytes.h"

namespace sealgate::app {

inline constexpr std::size_t kPacketBytesMax = 80 * 1024;
inline constexpr std::size_t kPacketDescriptorsMax = 4;

struct Packet {
  Bytes bytes;
  std::vector<Descriptor> descriptors;
};

// A connected pair of SOCK_SEQPACKET; both closed where the process has no descriptors left.
std::pair<Descriptor, Descriptor> packet_pair();

// Sends all of `bytes` with duplicates of the descriptors as one packet. False when the other
// side is gone or the patience has ended. Requires: 1 to kPacketBytesMax bytes.
bool send_packet(int socket, ByteView bytes, std::span<const int> descriptors,
                 const Patience& patience);

// The next packet. Nothing when the other side is gone, the patience has ended, or a packet is
// too large.
std::optional<Packet> receive_packet(int socket, const Patience& patience);

}  // namespace sealgate::app
