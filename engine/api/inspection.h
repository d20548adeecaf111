// SPDX-License-Identifier: Apache-2.0
//
// What crosses the seam for the check of opened mail before it goes inside: a request out, one
// result back. The check itself needs parsers of hostile formats and other programs, so it is
// done outside of the engine.
#pragma once

#include <cstdint>
#include <string>

#include "base/segment.h"
#include "engine/api/envelope.h"

namespace sealgate::engine {

// engine -> outside. `content` is the opened message as it would be delivered.
struct InspectionRequest {
  MessageId id;
  Chain content;
};

// outside -> engine. Exactly one for each InspectionRequest.
struct InspectionResult {
  enum class Outcome : std::uint8_t {
    Clean,
    Infected,     // A virus scanner knows what is in it.
    Refused,      // A rule or a limit says no, whenever it is tried again.
    Unavailable,  // Nothing is known about this message: try later.
  };

  MessageId id;
  Outcome outcome = Outcome::Unavailable;
  // Only with Unavailable: a scanner is down, for reasons that have nothing to do with this
  // message, and the configuration lets mail pass then. False where the content itself may be
  // what stopped the inspection: else a message could pass by crashing its inspector.
  bool may_pass = false;
  // One sentence without its full stop, in printable UTF-8, at most 500 octets: "attachment
  // invoice.pdf is a Windows program". The name of the virus where Infected.
  std::string reason;
  std::string scanner;  // Who says so: "content" or "clamd".
};

}  // namespace sealgate::engine
