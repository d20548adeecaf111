// SPDX-License-Identifier: Apache-2.0
//
// Segments lent to the kernel, out of which multishot receive picks one when bytes are there:
// idle connections hold no buffer. What a receive leaves of a segment is lent again.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "netio/uring/receive_room.h"
#include "netio/uring/ring.h"

namespace sealgate::netio {

class BufferRing {
 public:
  // The group under which receives ask for these buffers; a ring has one.
  static constexpr std::uint16_t kGroup = 0;

  struct Limits {
    std::uint32_t lent_max = 0;  // A power of two up to 32768.
    std::uint32_t reserve = 0;   // Segments to leave in the pool.
  };

  // Fails with kUringTooOld or kUringMemoryUnavailable. `ring` must be closed before this is
  // destroyed.
  static Result<std::unique_ptr<BufferRing>> create(Ring& ring, SegmentPool& pool, Limits limits);
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  // Lends segments, as many as are missing and the pool can spare.
  void refill();

  // Buffers that are lent and not known to be used.
  std::uint32_t available() const { return available_; }

  // The kernel has used buffer `id` (the upper half of a completion's flags): the `length` bytes
  // it wrote. Requires: the kernel has said so, once.
  Slice take(std::uint16_t id, std::size_t length);
  // The same for bytes nobody wants.
  void give_back(std::uint16_t id);

 private:
  BufferRing(SegmentPool& pool, Limits limits, io_uring_buf_ring* entries);
  void lend(std::uint16_t id);

  SegmentPool* pool_;
  Limits limits_;
  io_uring_buf_ring* entries_;
  std::vector<ReceiveRoom> rooms_;       // By buffer id.
  std::vector<std::uint16_t> free_ids_;  // Ids without a room.
  std::uint32_t available_ = 0;
};

}  // namespace sealgate::netio
