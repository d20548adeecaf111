// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/buffer_ring.h"

#include <bit>
#include <cerrno>
#include <sys/mman.h>

#include "netio/uring/errors.h"

namespace sealgate::netio {
namespace {

constexpr std::uint32_t kEntriesMax = 32768;

std::size_t memory_size(std::uint32_t entries) {
  return std::size_t{entries} * sizeof(io_uring_buf);
}

}  // namespace

Result<std::unique_ptr<BufferRing>> BufferRing::create(Ring& ring, SegmentPool& pool,
                                                       Limits limits) {
  SG_CHECK(std::has_single_bit(limits.lent_max) && limits.lent_max <= kEntriesMax);
  const std::size_t size = memory_size(limits.lent_max);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Error(kUringMemoryUnavailable, errno);
  std::unique_ptr<BufferRing> buffers(
      new BufferRing(pool, limits, static_cast<io_uring_buf_ring*>(memory)));
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = limits.lent_max;
  registration.bgid = kGroup;
  const int error = io_uring_register_buf_ring(&ring.raw(), &registration, 0);
  if (error != 0) return setup_error(-error);
  return buffers;
}

BufferRing::BufferRing(SegmentPool& pool, Limits limits, io_uring_buf_ring* entries)
    : pool_(&pool), limits_(limits), entries_(entries), rooms_(limits.lent_max) {
  io_uring_buf_ring_init(entries_);
  free_ids_.reserve(limits.lent_max);
  for (std::uint32_t i = limits.lent_max; i > 0; --i) {
    free_ids_.push_back(static_cast<std::uint16_t>(i - 1));
  }
}

BufferRing::~BufferRing() {
  munmap(entries_, memory_size(limits_.lent_max));
}

void BufferRing::refill() {
  while (!free_ids_.empty() && pool_->free_count() > limits_.reserve) {
    const std::uint16_t id = free_ids_.back();
    free_ids_.pop_back();
    rooms_[id] = ReceiveRoom(pool_->take());
    lend(id);
  }
}

void BufferRing::lend(std::uint16_t id) {
  const MutableBytes rest = rooms_[id].rest();
  const int mask = io_uring_buf_ring_mask(limits_.lent_max);
  io_uring_buf_ring_add(entries_, rest.data(), static_cast<unsigned>(rest.size()), id, mask, 0);
  io_uring_buf_ring_advance(entries_, 1);
  ++available_;
}

Slice BufferRing::take(std::uint16_t id, std::size_t length) {
  SG_CHECK(id < rooms_.size() && available_ > 0);
  --available_;
  Slice slice = rooms_[id].take(length);
  if (rooms_[id].is_worthwhile()) {
    lend(id);
  } else {
    rooms_[id] = ReceiveRoom();
    free_ids_.push_back(id);
  }
  return slice;
}

void BufferRing::give_back(std::uint16_t id) {
  SG_CHECK(id < rooms_.size() && available_ > 0);
  --available_;
  lend(id);
}

}  // namespace sealgate::netio
