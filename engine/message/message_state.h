// SPDX-License-Identifier: Apache-2.0
//
// One message in the pipeline and the state machine it goes through:
//
//   Receiving -> Arrived -> [Recognising] -> Judging -> Sealed -> Delivering -> [Reporting] -> over
//                                                                    |              |
//                                                                    +-> Remembering -> over
//
// Each stage is a type of its own and holds only what it needs; what it does not hold, it cannot
// touch. Answering ends a message unless next hops still have copies of it (then it is detached:
// it has no client any more) or what was delivered has to be remembered for the client's retry.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/segment.h"
#include "engine/api/audit.h"
#include "engine/api/mail_io.h"
#include "engine/cms/chain_cursor.h"
#include "engine/cms/digest.h"
#include "engine/message/deciding.h"
#include "engine/message/delivery_memory.h"
#include "engine/message/dsn.h"
#include "engine/message/last_check.h"
#include "engine/message/plan.h"
#include "engine/message/read_message.h"
#include "engine/message/recipient_state.h"
#include "engine/message/sealing.h"
#include "engine/message/snapshot.h"
#include "engine/mime/reader.h"

namespace sealgate::engine {

// Content comes in and is read as it comes.
struct Receiving {
  mime::Reader reader;
  Chain content;
};

// All content is here.
struct Arrived {
  mime::Structure structure;
  Chain content;
};

// It looks like a message that was delivered in part before: its content is hashed to be sure.
struct Recognising {
  std::unique_ptr<const ReadMessage> message;
  cms::Digest digest;
  cms::ChainCursor cursor;
};

// Policy decides, a few recipients in each turn.
struct Judging {
  std::unique_ptr<const ReadMessage> message;
  std::unique_ptr<Decider> decider;  // Reads `message`.
  std::vector<DecidedRecipient> decided;
};

// Copies are made.
struct Sealed {
  std::unique_ptr<const ReadMessage> message;
  std::unique_ptr<const Plan> plan;
  std::unique_ptr<Sealing> sealing;  // Reads `message` and `plan`.
  std::vector<Wanted> wanted;        // By recipient: what the copies are checked against.
  std::uint32_t awaited = 0;         // Signatures that the token owes.
  TimePoint keys_due{};              // Meaningful while awaited > 0.
};

struct SentCopy {
  SealedCopy sealed;
  TlsNeed tls = TlsNeed::AsRouted;
};

// What later stages need of a message that has left: its header for a DSN, and its content to be
// recognised by.
struct Original {
  Chain header;
  Chain content;
};

// Next hops have copies, or a moment passes until some are offered again.
struct Delivering {
  Original original;
  std::vector<SentCopy> copies;                                    // By number of the plan.
  std::map<std::uint32_t, std::vector<std::uint32_t>> on_the_way;  // Delivery -> recipients.
  std::uint32_t attempts = 1;
  std::optional<TimePoint> retry_at;
};

// Some recipients are settled, the rest has failed for good: the sender is told by DSN.
struct Reporting {
  Original original;
  Dsn dsn;
  std::uint32_t attempts = 0;
  bool is_on_the_way = false;
  std::optional<TimePoint> retry_at;
};

// The client was told nothing or 4xx: what is settled is filed under the content's digest.
struct Remembering {
  cms::Digest digest;
  cms::ChainCursor cursor;
};

using Stage = std::variant<Receiving, Arrived, Recognising, Judging, Sealed, Delivering, Reporting,
                           Remembering>;

struct Message {
  MessageId id;
  std::string queue_id;
  Envelope envelope;
  std::shared_ptr<const Snapshot> snapshot;
  Now begun_at{};
  TimePoint ended_at{};  // The end of the content; meaningful from Arrived on.
  TimePoint deadline{};  // When the client must have an answer; meaningful from Arrived on.
  std::uint64_t bytes_held = 0;

  Stage stage;
  RecipientStates recipients;
  bool is_client_gone = false;
  bool is_answered = false;
  std::vector<Reply> replies;         // As answered.
  bool is_pending_in_memory = false;  // DeliveryMemory::begin() was called.
  MessagePrint print;                 // Meaningful once read.
  // Whether equal content means the same message. Without Message-ID and Date it does not: the
  // next alarm of a machine has the same words.
  bool is_recognisable = false;
  std::optional<ContentDigest> digest;  // Known where it had to be computed.
  std::uint32_t next_delivery = 0;
  AuditRecord audit;

  bool is_queued = false;          // In the list of those that have work.
  std::optional<TimePoint> timer;  // When expire() looks at it.

  // Nobody waits for its answer.
  bool is_detached() const { return is_client_gone || is_answered; }
};

}  // namespace sealgate::engine
