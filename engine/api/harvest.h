// SPDX-License-Identifier: Apache-2.0
//
// What is learned from a signed message: the certificate of a signer whose signature is valid for
// the From address, and what his software can open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace sealgate::engine {

// What policy lets be done with it: nothing until a person has approved it, or use it at once.
enum class HarvestUse : std::uint8_t { Quarantine, Usable };

struct HarvestRecord {
  std::string address;  // In normal form; the certificate holds it.
  Bytes certificate;    // DER.
  // DER, between it and the anchor on the path that was verified: without them mail to the
  // address could not be sealed. Not whatever else the message carried.
  std::vector<Bytes> intermediates;
  Bytes capabilities;  // The signed attribute's SMIMECapabilities, DER; empty where absent.
  WallTime at{};       // When the message came.
  std::string queue_id;
  std::string message_id;
  HarvestUse use = HarvestUse::Quarantine;
};

}  // namespace sealgate::engine
