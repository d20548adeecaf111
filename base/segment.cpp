// SPDX-License-Identifier: Apache-2.0
#include "base/segment.h"

#include <algorithm>
#include <sys/mman.h>
#include <utility>

#include "base/errors.h"

namespace sealgate {

SegmentRef::SegmentRef(const SegmentRef& other) : pool_(other.pool_), index_(other.index_) {
  if (pool_ != nullptr) pool_->share(index_);
}

SegmentRef::SegmentRef(SegmentRef&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), index_(other.index_) {}

SegmentRef& SegmentRef::operator=(SegmentRef other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(index_, other.index_);
  return *this;
}

SegmentRef::~SegmentRef() {
  if (pool_ != nullptr) pool_->release(index_);
}

MutableBytes SegmentRef::bytes() const {
  SG_CHECK(pool_ != nullptr);
  return pool_->bytes_of(index_);
}

Result<std::unique_ptr<SegmentPool>> SegmentPool::create(std::uint32_t segments) {
  constexpr std::uint32_t kSegmentsMax = 1U << 20U;
  if (segments == 0 || segments > kSegmentsMax) return kPoolMemoryUnavailable;
  const std::size_t size = std::size_t{segments} * kSegmentBytes;
  void* slab = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slab == MAP_FAILED) return kPoolMemoryUnavailable;
  // Mail must not reach a core dump.
  madvise(slab, size, MADV_DONTDUMP);
  return std::unique_ptr<SegmentPool>(new SegmentPool(static_cast<std::uint8_t*>(slab), segments));
}

SegmentPool::SegmentPool(std::uint8_t* slab, std::uint32_t segments)
    : slab_(slab), size_(segments), shares_(segments, 0) {
  free_.reserve(segments);
  for (std::uint32_t i = segments; i > 0; --i) free_.push_back(i - 1);
}

SegmentPool::~SegmentPool() {
  SG_CHECK(free_.size() == size_);
  munmap(slab_, std::size_t{size_} * kSegmentBytes);
}

SegmentRef SegmentPool::take() {
  if (free_.empty()) return {};
  const std::uint32_t index = free_.back();
  free_.pop_back();
  shares_[index] = 1;
  return {this, index};
}

std::uint32_t SegmentPool::detach(SegmentRef reference) {
  SG_CHECK(reference.pool_ == this);
  reference.pool_ = nullptr;
  return reference.index_;
}

SegmentRef SegmentPool::adopt(std::uint32_t index) {
  SG_CHECK(index < size_ && shares_[index] > 0);
  return {this, index};
}

MutableBytes SegmentPool::bytes_of(std::uint32_t index) {
  SG_CHECK(index < size_);
  return {slab_ + std::size_t{index} * kSegmentBytes, kSegmentBytes};
}

MutableBytes SegmentPool::slab() {
  return {slab_, std::size_t{size_} * kSegmentBytes};
}

void SegmentPool::release(std::uint32_t index) {
  SG_CHECK(shares_[index] > 0);
  if (--shares_[index] == 0) free_.push_back(index);
}

void Chain::append(Slice slice) {
  if (slice.bytes.empty()) return;
  size_ += slice.bytes.size();
  if (!slices_.empty() && !slice.owner.is_null()) {
    Slice& last = slices_.back();
    const bool is_adjacent = !last.owner.is_null() && last.owner.index() == slice.owner.index() &&
                             last.bytes.data() + last.bytes.size() == slice.bytes.data();
    if (is_adjacent) {
      last.bytes = {last.bytes.data(), last.bytes.size() + slice.bytes.size()};
      return;
    }
  }
  slices_.push_back(std::move(slice));
}

void Chain::append(const Chain& other) {
  slices_.reserve(slices_.size() + other.slices_.size());
  for (const Slice& slice : other.slices_) append(slice);
}

void Chain::append_static(std::string_view text) {
  append(Slice{.owner = {}, .bytes = as_bytes(text)});
}

Chain Chain::sub_chain(std::uint64_t offset, std::uint64_t length) const {
  SG_CHECK(offset <= size_ && length <= size_ - offset);
  Chain part;
  for (const Slice& slice : slices_) {
    if (length == 0) break;
    const std::uint64_t size = slice.bytes.size();
    if (offset >= size) {
      offset -= size;
      continue;
    }
    const std::uint64_t count = std::min(size - offset, length);
    part.append(Slice{.owner = slice.owner, .bytes = slice.bytes.subspan(offset, count)});
    length -= count;
    offset = 0;
  }
  return part;
}

std::size_t Chain::copy_to(MutableBytes to, std::uint64_t offset) const {
  std::size_t written = 0;
  for (const Slice& slice : slices_) {
    if (written == to.size()) break;
    const std::uint64_t size = slice.bytes.size();
    if (offset >= size) {
      offset -= size;
      continue;
    }
    const std::size_t count = std::min<std::size_t>(size - offset, to.size() - written);
    copy_bytes(to.subspan(written), slice.bytes.subspan(offset, count));
    written += count;
    offset = 0;
  }
  return written;
}

std::string Chain::text(std::uint64_t offset, std::uint64_t length) const {
  SG_CHECK(offset <= size_ && length <= size_ - offset);
  std::string text(length, '\0');
  copy_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, offset);
  return text;
}

void Chain::clear() {
  slices_.clear();
  size_ = 0;
}

Result<void> ChainWriter::append(ByteView bytes) {
  while (!bytes.empty()) {
    const MutableBytes room = SG_TRY(reserve(1));
    const std::size_t count = std::min(room.size(), bytes.size());
    copy_bytes(room, bytes.first(count));
    commit(count);
    bytes = bytes.subspan(count);
  }
  return {};
}

Result<MutableBytes> ChainWriter::reserve(std::size_t size) {
  SG_CHECK(size <= kSegmentBytes);
  if (current_.is_null() || kSegmentBytes - used_ < size) {
    SegmentRef next = pool_->take();
    if (next.is_null()) return kSegmentsExhausted;
    current_ = std::move(next);
    used_ = 0;
  }
  return current_.bytes().subspan(used_);
}

void ChainWriter::commit(std::size_t size) {
  SG_CHECK(!current_.is_null() && used_ + size <= kSegmentBytes);
  chain_.append(Slice{.owner = current_, .bytes = current_.bytes().subspan(used_, size)});
  used_ += size;
}

Chain ChainWriter::take() {
  return std::exchange(chain_, Chain());
}

}  // namespace sealgate
