// SPDX-License-Identifier: Apache-2.0
//
// What has become of each recipient of one message, and what that means for the message's
// answer. The one place where outcomes that differ between recipients are judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/envelope.h"
#include "engine/api/mail_io.h"

namespace sealgate::engine {

enum class Fate : std::uint8_t {
  Waiting,   // Its copy has not been handed over.
  OnTheWay,  // Its copy is with netio; the next hop has not answered.
  Taken,     // The next hop has it.
  Failed,    // The next hop said no, or could not be asked: `reply`.
  Refused,   // Policy or trust said no: `reply`. Nothing was sent.
  Settled,   // An earlier attempt of the client has settled it (delivery_memory.h).
  Reported,  // Failed or Refused, and the sender has a DSN that says so.
};

struct RecipientState {
  Fate fate = Fate::Waiting;
  std::uint32_t copy = 0;
  Reply reply;
  std::string next_hop;

  bool is_taken() const { return fate == Fate::Taken || fate == Fate::Settled; }
  bool is_failed() const { return fate == Fate::Failed || fate == Fate::Refused; }
  // Nothing more has to be done about it, and a repeated message must not do it again.
  bool is_settled() const { return is_taken() || fate == Fate::Reported; }
};

using RecipientStates = std::vector<RecipientState>;  // One for each recipient, in their order.

enum class Standing : std::uint8_t {
  Open,       // Something is still waiting or on the way.
  AllTaken,   // Every recipient is settled.
  NoneTaken,  // Every recipient has failed.
  Mixed,      // Some are settled, some have failed.
};

Standing standing_of(const RecipientStates& states);

// Whether a later attempt may still succeed for some recipient that has failed.
bool has_transient_failure(const RecipientStates& states);

// The one reply for a message of which no recipient was taken, or of which failures could not be
// reported: transient if one of them is. Names the recipients and what was said about each.
Reply failure_reply(const Envelope& envelope, const RecipientStates& states);

// One reply for each recipient, in order (RFC 2033, 4.2). Requires: standing is not Open.
std::vector<Reply> lmtp_replies(const RecipientStates& states, const std::string& queue_id);

Reply accepted_reply(const std::string& queue_id);

}  // namespace sealgate::engine
