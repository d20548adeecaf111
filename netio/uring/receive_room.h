// SPDX-License-Identifier: Apache-2.0
//
// The unused rest of a segment that is being received into. What one receive leaves over serves
// the next one, whichever connection it is for, so that short commands and small messages do not
// each pin a whole segment.
#pragma once

#include "base/segment.h"

namespace sealgate::netio {

// Less room than this is not worth a receive: a 75 KiB message would come in too many pieces.
inline constexpr std::size_t kReceiveRoomMin = 8 * 1024;

class ReceiveRoom {
 public:
  ReceiveRoom() = default;
  explicit ReceiveRoom(SegmentRef segment) : segment_(std::move(segment)) {}

  // False for a room without a segment or with too little left of it.
  bool is_worthwhile() const { return !segment_.is_null() && rest_size() >= kReceiveRoomMin; }

  // Where the next bytes go. Requires: is_worthwhile().
  MutableBytes rest() const { return segment_.bytes().subspan(offset_); }

  // The first `length` bytes of rest(), with a share of the segment; the room shrinks by them.
  Slice take(std::size_t length);

 private:
  std::size_t rest_size() const { return kSegmentBytes - offset_; }

  SegmentRef segment_;
  std::size_t offset_ = 0;
};

}  // namespace sealgate::netio
