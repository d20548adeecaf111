// SPDX-License-Identifier: Apache-2.0
//
// The header of a copy as it leaves: the incoming fields as they came, but for what a relay and
// a submission agent have to change.
// Added: Received on top; Date and Message-ID where they are missing (RFC 6409, 8.2, 8.3).
// Removed: Bcc and Resent-Bcc. Changed: Subject, where policy removes a tag. Around a sealed
// entity the Content-* fields go into it, and MIME-Version stands once.
#pragma once

#include <string>

#include "base/result.h"
#include "base/segment.h"
#include "engine/api/envelope.h"
#include "engine/message/plan.h"
#include "engine/message/read_message.h"

namespace sealgate::engine {

// The same for all copies of a message. Values are folded and without the last line end.
struct HeaderAdditions {
  std::string received;
  std::string date;        // "" where the message has one.
  std::string message_id;  // "" where the message has one.
};

// Whole field lines, without the empty line. Fails with kSegmentsExhausted.
Result<Chain> outgoing_header(const ReadMessage& message, const PlannedCopy& copy,
                              const HeaderAdditions& additions, ChainWriter& writer);

// What a DSN returns of the header: all of it as it came but Bcc, which no copy shows either. Its
// reader need not be the author (a list's owner, a delegate).
Chain returned_header(const ReadMessage& message, ChainWriter& writer);

// What transport a copy needs whose content was not sealed, so as it came.
BodyType body_type_as_it_came(const ReadMessage& message, const Envelope& envelope);
// ... and one whose content is 7-bit under the message's outer header.
BodyType body_type_sealed(const ReadMessage& message);

}  // namespace sealgate::engine
