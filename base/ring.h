// SPDX-License-Identifier: Apache-2.0
//
// SpscRing carries records from one thread to one other without locks.
//
// Threading: push() belongs to one thread, pop() to one other, for the life of the ring.
// Invariants: indices run freely and wrap with their type; used = tail - head, never above
// the capacity. The two ends stand on cache lines of their own and remember the last index
// seen of the other end, so that a busy ring does not bounce a line for each record.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace sealgate {

// std::hardware_destructive_interference_size does not compile on clang 14 here.
inline constexpr std::size_t kCacheLineBytes = 64;

template <typename T, std::uint32_t Capacity>
requires(std::has_single_bit(Capacity) && std::is_trivially_copyable_v<T>) class SpscRing {
 public:
  SpscRing() = default;
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  static constexpr std::uint32_t capacity() { return Capacity; }

  // Producer: how many of `records` found room, from the front.
  std::size_t push(std::span<const T> records) {
    const std::uint32_t tail =
        tail_.load(std::memory_order_relaxed);  // Only this thread writes it.
    if (Capacity - (tail - head_seen_) < records.size()) {
      head_seen_ = head_.load(std::memory_order_acquire);  // Pairs with the release in pop().
    }
    const std::size_t room = Capacity - (tail - head_seen_);
    const std::size_t count = records.size() < room ? records.size() : room;
    for (std::size_t i = 0; i < count; ++i) {
      entries_[(tail + static_cast<std::uint32_t>(i)) & kMask] = records[i];
    }
    // Pairs with the acquire in pop(): the records are visible before the index.
    tail_.store(tail + static_cast<std::uint32_t>(count), std::memory_order_release);
    return count;
  }

  // Consumer: how many records were copied to the front of `records`.
  std::size_t pop(std::span<T> records) {
    const std::uint32_t head =
        head_.load(std::memory_order_relaxed);  // Only this thread writes it.
    if (tail_seen_ - head < records.size()) {
      tail_seen_ = tail_.load(std::memory_order_acquire);  // Pairs with the release in push().
    }
    const std::size_t used = tail_seen_ - head;
    const std::size_t count = records.size() < used ? records.size() : used;
    for (std::size_t i = 0; i < count; ++i) {
      records[i] = entries_[(head + static_cast<std::uint32_t>(i)) & kMask];
    }
    // Pairs with the acquire in push(): the entries are free before the index says so.
    head_.store(head + static_cast<std::uint32_t>(count), std::memory_order_release);
    return count;
  }

  // Either end: a snapshot that may be out of date when it returns.
  bool is_empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  static constexpr std::uint32_t kMask = Capacity - 1;

  alignas(kCacheLineBytes) std::atomic<std::uint32_t> tail_{0};
  std::uint32_t head_seen_ = 0;  // The producer's.
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> head_{0};
  std::uint32_t tail_seen_ = 0;  // The consumer's.
  alignas(kCacheLineBytes) std::array<T, Capacity> entries_{};
};

}  // namespace sealgate
