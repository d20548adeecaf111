// SPDX-License-Identifier: Apache-2.0
//
// For tests: sealed messages, and time to wait for what becomes of them.
#pragma once

#include <string_view>

#include "app/inspection/message_file.h"
#include "app/inspection/waiting.h"
#include "base/segment.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {

inline SealedMessage sealed(std::string_view text) {
  const auto pool =
      SegmentPool::create(static_cast<std::uint32_t>(text.size() / kSegmentBytes + 2)).value();
  ChainWriter writer(*pool);
  writer.append(text).value();
  MessageFile file = MessageFile::create().value();
  file.append(writer.take()).value();
  return std::move(file).seal().value();
}

inline Patience patience(Duration length) {
  return {hsm::monotonic_now() + length};
}

// Long enough for a busy machine with sanitizers.
inline Patience long_patience() {
  return patience(std::chrono::seconds(60));
}

}  // namespace sealgate::app
