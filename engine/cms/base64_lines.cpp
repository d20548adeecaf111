// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/base64_lines.h"

#include <algorithm>

namespace sealgate::engine::cms {
namespace {
constexpr std::size_t kRoomMin = mime::Base64LineEncoder::room_for(mime::kBase64LineOctets);
}

Result<void> Base64Lines::update(ByteView bytes, ChainWriter& writer) {
  constexpr std::size_t kLineChars = mime::kBase64LineChars + 2;
  while (!bytes.empty()) {
    const MutableBytes room = SG_TRY(writer.reserve(kRoomMin));
    // One line is kept for what the encoder holds back from the call before.
    const std::size_t lines = room.size() / kLineChars - 1;
    const std::size_t count = std::min(bytes.size(), lines * mime::kBase64LineOctets);
    writer.commit(encoder_.update(bytes.first(count), room));
    bytes = bytes.subspan(count);
  }
  return {};
}

Result<void> Base64Lines::finish(ChainWriter& writer) {
  const MutableBytes room = SG_TRY(writer.reserve(kRoomMin));
  writer.commit(encoder_.finish(room));
  return {};
}

}  // namespace sealgate::engine::cms
