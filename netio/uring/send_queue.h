// SPDX-License-Identifier: Apache-2.0
//
// What one connection still has to send, as slices, and the gathering of its front into one
// sendmsg.
#pragma once

#include <array>
#include <span>
#include <sys/socket.h>
#include <sys/uio.h>
#include <vector>

#include "base/segment.h"

namespace sealgate::netio {

// Slices that one sendmsg takes: 4 MiB of whole segments, and some hundred lines of a message
// that needed dot-stuffing in every one.
inline constexpr std::size_t kSendSlicesMax = 128;

// The memory that the kernel reads a sendmsg's list from. Must not move while it is under way.
struct SendBatch {
  msghdr header = {};
  std::array<iovec, kSendSlicesMax> slices = {};
};

class SendQueue {
 public:
  bool is_empty() const { return first_ == slices_.size(); }

  void append(const Chain& chain);

  // Points `batch` at the front of the queue. Requires: !is_empty().
  void gather(SendBatch& batch) const;

  // Drops `length` bytes from the front, and each segment as soon as all of it has left.
  // Requires: as many bytes are queued.
  void consume(std::size_t length);

  void clear();

 private:
  std::vector<Slice> slices_;
  std::size_t first_ = 0;   // The first slice that has not left.
  std::size_t offset_ = 0;  // What of it has left.
};

}  // namespace sealgate::netio
