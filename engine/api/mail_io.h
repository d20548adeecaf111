// SPDX-License-Identifier: Apache-2.0
//
// What crosses the seam between netio and the engine: events in, actions out. Contents are
// chains of the shard's own segments, in CRLF lines without dot-stuffing.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/segment.h"
#include "engine/api/envelope.h"

namespace sealgate::engine {

// An SMTP reply. `text` may have several lines, parted by '\n'; printable UTF-8 only, each
// line at most 450 octets.
struct Reply {
  std::uint16_t code = 250;
  std::string enhanced;  // RFC 3463, e.g. "2.0.0".
  std::string text;

  bool is_positive() const { return code < 400; }
  bool is_transient() const { return code >= 400 && code < 500; }
  bool is_permanent() const { return code >= 500; }
};

// ---- netio -> engine ----

// A client has named sender and recipients and begins to send content.
struct MessageBegun {
  MessageId id;
  Envelope envelope;
};

struct MessageBytes {
  MessageId id;
  Slice bytes;
};

struct MessageEnded {
  MessageId id;
};

// The client is gone before it got an answer. Before MessageEnded the message is forgotten;
// after it, copies not yet on their way are dropped: the client will send it again.
struct MessageAbandoned {
  MessageId id;
};

// The next hops have answered for one copy: one result for each recipient of the Delivery, in
// its order.
struct RecipientResult {
  std::string address;
  Reply reply;           // A 4xx of our own where no next hop could be asked.
  std::string next_hop;  // "host[:port]" that gave the reply; "" where none did.
};

struct DeliveryFinished {
  MessageId id;
  std::uint32_t copy = 0;
  std::vector<RecipientResult> results;
};

using IoEvent =
    std::variant<MessageBegun, MessageBytes, MessageEnded, MessageAbandoned, DeliveryFinished>;

// ---- engine -> netio ----

// What the session to the next hop must be before content may go over it.
enum class TlsNeed : std::uint8_t {
  AsRouted,  // What the route is configured to do.
  Required,  // STARTTLS must succeed.
  Verified,  // ... and the next hop's certificate must verify for its name.
};

// One copy, to be handed to the next hops of its recipients.
struct Delivery {
  MessageId id;
  std::uint32_t copy = 0;  // Unique within the message.
  std::string sender;
  std::vector<Recipient> recipients;
  Chain content;
  BodyType body = BodyType::SevenBit;
  bool needs_smtputf8 = false;
  TlsNeed tls = TlsNeed::AsRouted;
  DsnReturn dsn_return = DsnReturn::Unset;
  std::string dsn_id;
  ForwardedClient forwarded;
};

// Ends the message towards its client. Exactly one for each MessageBegun that is not
// abandoned. One that comes before MessageEnded means: swallow the rest, then reply so.
struct Answer {
  MessageId id;
  std::vector<Reply> replies;  // One for all; for LMTP one for each recipient, in order.
};

using IoAction = std::variant<Delivery, Answer>;

}  // namespace sealgate::engine
