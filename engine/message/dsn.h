// SPDX-License-Identifier: Apache-2.0
//
// Delivery status notifications (RFC 3464 in the frame of RFC 6522): how a sender learns that
// some recipients of an accepted message did not get it. A DSN returns the header of the message
// as it came from its client, without Bcc, and never its body.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/segment.h"
#include "engine/api/mail_io.h"

namespace sealgate::engine {

// The original header is cut at this size (at the end of a line), so that a DSN stays small.
inline constexpr std::size_t kDsnHeaderBytesMax = 32 * 1024;

struct DsnRecipient {
  Recipient recipient;
  Reply reply;           // The failure, a next hop's or our own.
  std::string next_hop;  // "host[:port]"; "" where the failure is our own.
};

struct DsnSource {
  std::string hostname;
  std::string queue_id;
  std::string sender;  // Of the message that failed: who gets the DSN. Not "".
  std::string dsn_id;  // ENVID, xtext-encoded.
  WallTime arrived_at{};
  WallTime now{};
  std::vector<DsnRecipient> failed;       // At least one.
  std::vector<std::string> delivered_to;  // Named, so that nobody sends to all once more.
  const Chain* header = nullptr;          // The message's header as it is returned.
};

struct Dsn {
  Chain content;
  BodyType body = BodyType::SevenBit;
  bool needs_smtputf8 = false;
};

// Whether RFC 3461, 4.1 lets us report a failure for `recipient`.
bool wants_failure_report(const Recipient& recipient);

// Fails with kSegmentsExhausted.
Result<Dsn> build_dsn(const DsnSource& source, RandomSource& random, ChainWriter& writer);

}  // namespace sealgate::engine
