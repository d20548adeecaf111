// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/send_queue.h"

#include <algorithm>
#include <utility>

namespace sealgate::netio {

void SendQueue::append(const Chain& chain) {
  const std::vector<Slice>& added = chain.slices();
  slices_.insert(slices_.end(), added.begin(), added.end());
}

void SendQueue::gather(SendBatch& batch) const {
  SG_CHECK(!is_empty());
  const std::size_t count = std::min(slices_.size() - first_, kSendSlicesMax);
  std::size_t offset = offset_;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView bytes = slices_[first_ + i].bytes.subspan(std::exchange(offset, 0));
    // sendmsg reads only; its list has no type for that.
    batch.slices[i] = {.iov_base = const_cast<std::uint8_t*>(bytes.data()),
                       .iov_len = bytes.size()};
  }
  batch.header = {};
  batch.header.msg_iov = batch.slices.data();
  batch.header.msg_iovlen = count;
}

void SendQueue::consume(std::size_t length) {
  while (length > 0) {
    SG_CHECK(!is_empty());
    Slice& slice = slices_[first_];
    const std::size_t count = std::min(length, slice.bytes.size() - offset_);
    length -= count;
    offset_ += count;
    if (offset_ < slice.bytes.size()) break;
    slice.owner = SegmentRef();
    ++first_;
    offset_ = 0;
  }
  if (is_empty()) clear();
}

void SendQueue::clear() {
  // An idle connection should not keep the room that a large message needed.
  constexpr std::size_t kSlicesKept = 64;
  if (slices_.capacity() > kSlicesKept) {
    slices_ = {};
  } else {
    slices_.clear();
  }
  first_ = 0;
  offset_ = 0;
}

}  // namespace sealgate::netio
