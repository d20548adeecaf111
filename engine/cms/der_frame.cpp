// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/der_frame.h"

#include <vector>

#include "engine/cms/der_writer.h"

namespace sealgate::engine::cms {

Bytes encode_frame(std::span<const FrameLevel> levels, std::uint64_t content_size) {
  std::vector<std::uint64_t> sizes(levels.size());
  std::uint64_t inner = content_size;
  for (std::size_t i = levels.size(); i > 0; --i) {
    const FrameLevel& level = levels[i - 1];
    const std::uint64_t size = level.front.size() + inner + level.after;
    sizes[i - 1] = size;
    inner = der_header_size(size) + size;
  }
  DerWriter writer;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    writer.add_header(levels[i].identifier, sizes[i]);
    writer.add_encoded(levels[i].front);
  }
  return writer.take();
}

}  // namespace sealgate::engine::cms
