// SPDX-License-Identifier: Apache-2.0
//
// What one scanner says of one message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/api/inspection.h"

namespace sealgate::app {

using Outcome = engine::InspectionResult::Outcome;

struct Judgement {
  Outcome outcome = Outcome::Unavailable;
  std::string reason;            // See InspectionResult.
  bool is_scanner_down = false;  // Unavailable whatever the message had been.
};

inline constexpr std::size_t kReasonBytesMax = 500;

// `text` as a reason may be: valid UTF-8, control characters as '?', cut at kReasonBytesMax.
// What a name in a hostile message or another program says goes through here.
std::string printable(std::string_view text);

}  // namespace sealgate::app
