// SPDX-License-Identifier: Apache-2.0
//
// MpscRing carries records from any number of threads to one, without locks. The records may be
// secret: an entry is wiped when it is taken.
//
// Threading: push() from any thread; pop() belongs to one.
// Invariants: each entry counts the turns of the ring. Its turn equals the index of the push that
// may fill it, or that index plus one once it is filled; pop() moves it on by the capacity.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/ring.h"
#include "base/secret.h"

namespace sealgate::hsm {

template <typename T, std::uint32_t Capacity>
requires(std::has_single_bit(Capacity) && std::is_trivially_copyable_v<T>) class MpscRing {
 public:
  MpscRing() {
    for (std::uint32_t i = 0; i < Capacity; ++i) {
      entries_[i].turn.store(i, std::memory_order_relaxed);  // Not shared yet.
    }
  }
  MpscRing(const MpscRing&) = delete;
  MpscRing& operator=(const MpscRing&) = delete;

  // False when the ring is full.
  bool push(const T& record) {
    std::uint32_t index = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Entry& entry = entries_[index & kMask];
      // Pairs with the release in pop(): the entry was wiped before it is filled again.
      const std::uint32_t turn = entry.turn.load(std::memory_order_acquire);
      const auto ahead = static_cast<std::int32_t>(turn - index);
      if (ahead < 0) return false;
      if (ahead > 0) {
        index = tail_.load(std::memory_order_relaxed);  // Another thread took this index.
        continue;
      }
      // Relaxed: the index is only a reservation; the entry's turn publishes the record.
      if (tail_.compare_exchange_weak(index, index + 1, std::memory_order_relaxed)) {
        entry.record = record;
        // Pairs with the acquire in pop().
        entry.turn.store(index + 1, std::memory_order_release);
        return true;
      }
    }
  }

  // False when nothing is there.
  bool pop(T& record) {
    Entry& entry = entries_[head_ & kMask];
    // Pairs with the release in push().
    if (entry.turn.load(std::memory_order_acquire) != head_ + 1) return false;
    record = entry.record;
    wipe_bytes({static_cast<std::uint8_t*>(static_cast<void*>(&entry.record)), sizeof(T)});
    // Pairs with the acquire in push().
    entry.turn.store(head_ + Capacity, std::memory_order_release);
    ++head_;
    return true;
  }

 private:
  static constexpr std::uint32_t kMask = Capacity - 1;

  struct Entry {
    std::atomic<std::uint32_t> turn{0};
    T record{};
  };

  alignas(kCacheLineBytes) std::atomic<std::uint32_t> tail_{0};
  alignas(kCacheLineBytes) std::uint32_t head_ = 0;  // The consumer's.
  alignas(kCacheLineBytes) std::array<Entry, Capacity> entries_;
};

}  // namespace sealgate::hsm
