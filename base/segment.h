// SPDX-License-Identifier: Apache-2.0
//
// The bytes of messages. A SegmentPool owns one slab of fixed-size segments; a Slice is a
// view into a segment together with a share in it; a Chain is a sequence of slices, the
// form in which message bytes go from stage to stage without being copied.
//
// Threading: a pool, its segments and every slice of them belong to one shard thread. The
// reference counts are not atomic. Nothing here may be handed to another thread.
// Invariants: a segment returns to its pool when its last slice is gone; the pool outlives
// its slices (checked when it is destroyed).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace sealgate {

class SegmentPool;

// A share in one segment. Copying it shares the segment further; it never copies bytes.
class SegmentRef {
 public:
  SegmentRef() = default;
  SegmentRef(const SegmentRef& other);
  SegmentRef(SegmentRef&& other) noexcept;
  SegmentRef& operator=(SegmentRef other) noexcept;
  ~SegmentRef();

  bool is_null() const { return pool_ == nullptr; }
  // All kSegmentBytes of the segment. Requires: !is_null().
  MutableBytes bytes() const;
  // The segment's place in its pool: the buffer id under which io_uring knows it.
  std::uint32_t index() const { return index_; }

 private:
  friend class SegmentPool;
  SegmentRef(SegmentPool* pool, std::uint32_t index) : pool_(pool), index_(index) {}

  SegmentPool* pool_ = nullptr;
  std::uint32_t index_ = 0;
};

class SegmentPool {
 public:
  // A pool of `segments` segments (1 to 2^20), mapped at once and page-aligned. Fails with
  // kPoolMemoryUnavailable.
  static Result<std::unique_ptr<SegmentPool>> create(std::uint32_t segments);
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // A free segment with one share, or a null reference when none is left.
  SegmentRef take();

  // For a borrower that keeps shares by index (a kernel buffer ring): gives the share of
  // `reference` away, and gets it back.
  std::uint32_t detach(SegmentRef reference);
  SegmentRef adopt(std::uint32_t index);

  MutableBytes bytes_of(std::uint32_t index);
  std::uint32_t free_count() const { return static_cast<std::uint32_t>(free_.size()); }
  std::uint32_t size() const { return size_; }
  // The whole slab, for registration with io_uring.
  MutableBytes slab();

 private:
  friend class SegmentRef;
  SegmentPool(std::uint8_t* slab, std::uint32_t segments);
  void share(std::uint32_t index) { ++shares_[index]; }
  void release(std::uint32_t index);

  std::uint8_t* slab_;
  std::uint32_t size_;
  std::vector<std::uint32_t> shares_;
  std::vector<std::uint32_t> free_;
};

// Bytes inside a segment, or bytes with static storage (owner null).
struct Slice {
  SegmentRef owner;
  ByteView bytes;
};

class Chain {
 public:
  Chain() = default;

  std::uint64_t size() const { return size_; }
  bool is_empty() const { return size_ == 0; }
  const std::vector<Slice>& slices() const { return slices_; }

  // Adjacent slices of one segment become one.
  void append(Slice slice);
  void append(const Chain& other);
  // Requires: `text` has static storage.
  void append_static(std::string_view text);

  // The `length` bytes from `offset`. Requires: offset + length <= size().
  Chain sub_chain(std::uint64_t offset, std::uint64_t length) const;

  // Copies the bytes from `offset` into `to`, as many as it holds; how many there were.
  std::size_t copy_to(MutableBytes to, std::uint64_t offset) const;

  // The bytes as one string: for small things such as a header field. Copies.
  std::string text(std::uint64_t offset, std::uint64_t length) const;

  void clear();

 private:
  std::vector<Slice> slices_;
  std::uint64_t size_ = 0;
};

// Writes new bytes into segments of a pool and collects them, between slices that exist
// already, into a chain.
class ChainWriter {
 public:
  explicit ChainWriter(SegmentPool& pool) : pool_(&pool) {}

  // Each fails with kSegmentsExhausted when the pool has no segment left.
  Result<void> append(ByteView bytes);
  Result<void> append(std::string_view text) { return append(as_bytes(text)); }
  // Room for at least `size` bytes in one piece (size <= kSegmentBytes), to be filled from
  // the front and confirmed with commit().
  Result<MutableBytes> reserve(std::size_t size);
  void commit(std::size_t size);

  void append(const Chain& chain) { chain_.append(chain); }
  void append_static(std::string_view text) { chain_.append_static(text); }

  std::uint64_t size() const { return chain_.size(); }
  // Ends the chain; the writer is empty afterwards and keeps its half-filled segment for the
  // next one.
  Chain take();

 private:
  SegmentPool* pool_;
  SegmentRef current_;
  std::size_t used_ = 0;
  Chain chain_;
};

}  // namespace sealgate
