// SPDX-License-Identifier: Apache-2.0
//
// The pipeline takes messages from their first byte to their answer: one explicit state machine
// for each message (message_state.h). It does no I/O: events, completions, time and randomness
// are handed in; deliveries, answers, key operations and audit records are handed out. One turn
// of a shard calls it in the order of turn.h.
//
// Promises: each MessageBegun that is not abandoned gets exactly one Answer. A positive answer
// means that every recipient's next hop took its copy, or that the sender has a DSN (LMTP: a
// reply) about those that did not. Content that policy wants sealed leaves sealed or not at all.
//
// Threading: one pipeline belongs to one shard thread. Nothing blocks; what hashing and
// encryption cost in one call of work() is bounded by kTurnCryptoBytesMax.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/segment.h"
#include "engine/api/audit.h"
#include "engine/api/mail_io.h"
#include "engine/api/snapshot.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine {

// What happens to the other recipients when policy refuses some of a message's recipients.
enum class PartialRefusal : std::uint8_t {
  RefuseAll,    // Nothing leaves; the reply names each refused recipient and why.
  DeliverRest,  // The others get their copies; the sender gets a DSN for the refused ones.
};

struct PipelineSettings {
  std::string hostname;  // In Received and Message-ID fields and as reporter of DSNs.

  std::uint32_t messages_max = 2000;    // In flight at once; more are answered 452 4.3.1.
  std::uint64_t bytes_max = 1U << 30U;  // Content of all messages in flight, as received.
  // No message is begun while the pool has fewer free segments: what is in flight needs them.
  std::uint32_t segments_reserve = 64;

  // From the end of the content to the answer. Below the 5 to 10 minutes that clients wait
  // (RFC 5321, 4.5.3.2.6), so that we, not their timeout, decide what they are told.
  Duration patience = std::chrono::minutes(4);
  // How long one key operation may take, waiting for the token included.
  Duration key_patience = std::chrono::seconds(60);

  PartialRefusal partial_refusal = PartialRefusal::RefuseAll;

  // Deliveries whose client was told nothing or 4xx: remembered so that its next attempt does
  // not duplicate them. Longer than the retry interval of a sane client.
  std::uint32_t memory_entries_max = 10'000;
  Duration memory_time = std::chrono::hours(24);
};

// Since the start; for metrics.
struct PipelineCounters {
  std::uint64_t begun = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t key_operations = 0;
  std::uint64_t copies = 0;
  std::uint64_t reports = 0;   // DSNs handed to a next hop.
  std::uint64_t withheld = 0;  // Messages whose copies failed the last check before they left.
};

class Pipeline {
 public:
  // `pool` and `random` outlive the pipeline.
  Pipeline(PipelineSettings settings, SegmentPool& pool, RandomSource& random);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // A message keeps the snapshot that is current when it begins. Events for messages that are
  // over are ignored.
  void accept(IoEvent&& event, const std::shared_ptr<const Snapshot>& snapshot, const Now& now);

  // Hashes, encrypts and assembles, in turn for each message that waits for it.
  void work(const Now& now);
  // Whether work() would find something to do: the shard must not sleep.
  bool has_work() const;

  // The operations that wait for a token, oldest first; valid until the next call of anything
  // but taken(). Those that are not taken are offered again.
  std::span<const hsm::KeyOperation> key_operations() const;
  // The first `count` of them are with the key queue.
  void taken(std::size_t count);
  // Completions of operations whose message is over are ignored.
  void resume(const hsm::KeyCompletion& completion, const Now& now);

  // Gives up what has waited too long, and begins what waited for its time.
  void expire(const Now& now);
  // When expire() has to be called next at the latest.
  std::optional<TimePoint> wake_at() const;

  // What has to go out since the last call.
  std::vector<IoAction> output();
  std::vector<AuditRecord> audit();

  // Messages not yet over: those without an answer, and those whose client is gone while a next
  // hop still has them.
  std::size_t in_flight() const;
  const PipelineCounters& counters() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace sealgate::engine
