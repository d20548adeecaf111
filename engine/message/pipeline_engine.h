// SPDX-License-Identifier: Apache-2.0
//
// The inside of the pipeline: all messages in flight, and the transitions between their stages.
// Its functions stand in files by stage: reception.cpp, judging.cpp, sealing_turn.cpp,
// delivery.cpp, reporting.cpp, outcome.cpp; the bookkeeping in pipeline.cpp.
//
// Every function that takes a Message may end it; the reference is dead after end().
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/message/delivery_memory.h"
#include "engine/message/message_state.h"
#include "engine/message/pipeline.h"
#include "engine/trust/chain_cache.h"

namespace sealgate::engine {

class Pipeline::Engine {
 public:
  Engine(PipelineSettings settings, SegmentPool& pool, RandomSource& random);

  // reception.cpp
  void begin(MessageBegun&& event, const std::shared_ptr<const Snapshot>& snapshot, const Now& now);
  void take_bytes(MessageBytes&& event, const Now& now);
  void end_content(const MessageEnded& event, const Now& now);
  void abandon(const MessageAbandoned& event, const Now& now);

  // sealing_turn.cpp
  void resume(const hsm::KeyCompletion& completion, const Now& now);
  void taken(std::size_t count);

  // delivery.cpp
  void take_results(DeliveryFinished&& event, const Now& now);

  // pipeline.cpp
  void work(const Now& now);
  bool has_work() const { return !runnable_.empty(); }
  void expire(const Now& now);
  std::optional<TimePoint> wake_at() const;

  std::vector<hsm::KeyOperation> operations;
  std::vector<IoAction> actions;
  std::vector<AuditRecord> records;
  PipelineCounters counters;
  std::size_t in_flight() const { return messages_.size(); }

 private:
  struct Owner {
    MessageId message;
    std::size_t signature = 0;
  };

  // pipeline.cpp
  Message* find(MessageId id);
  void make_runnable(Message& message);
  // Sets the timer by the stage the message is in.
  void set_timer(Message& message);
  void fall_due(Message& message, const Now& now);
  void advance(Message& message, std::size_t& budget, const Now& now);
  // Forgets the message: its segments, its key operations, its timer. Writes the audit record.
  void end(Message& message, const Now& now);

  // reception.cpp
  std::optional<Error> reason_not_to_begin() const;

  // judging.cpp
  void read(Message& message, std::size_t& budget, const Now& now);
  void recognise(Message& message, std::size_t& budget, const Now& now);
  void begin_judging(Message& message, std::unique_ptr<const ReadMessage> read, const Now& now);
  void judge(Message& message, std::size_t& budget, const Now& now);
  void finish_judging(Message& message, const Now& now);
  bool is_refused_as_a_whole(const Message& message) const;
  void refuse_as_a_whole(Message& message, const Now& now);
  HeaderAdditions additions_for(const Message& message, const ReadMessage& read, const Now& now);

  // sealing_turn.cpp
  void seal(Message& message, std::size_t& budget, const Now& now);
  void request_signatures(Message& message, const Now& now);
  void fail_sealing(Message& message, const Error& error, const Now& now);
  void drop_operations(MessageId id);

  // delivery.cpp
  void begin_delivery(Message& message, const Now& now);
  // A copy is not what policy decided: a fault of ours. Nothing of the message has left.
  void withhold(Message& message, std::string_view fault, const Now& now);
  void hand_over(Message& message, std::uint32_t copy, std::vector<std::uint32_t> recipients);
  void retry_delivery(Message& message, const Now& now);
  // All that was on the way has an answer.
  void conclude(Message& message, const Now& now);

  // reporting.cpp
  void begin_report(Message& message, Original original, const Now& now);
  void send_report(Message& message, const Now& now);
  void take_report_result(Message& message, const Reply& reply, const Now& now);
  void retry_report_later(Message& message, const Now& now);

  // outcome.cpp
  void reply_to_client(Message& message, std::vector<Reply> replies, const Now& now);
  void answer(Message& message, Reply reply, const Now& now);
  void answer_each(Message& message, std::vector<Reply> replies, const Now& now);
  // Gives every recipient the same failure and answers so. Nothing has left.
  void fail(Message& message, const Reply& reply, const Now& now);
  // The client's time is over while next hops still have copies.
  void answer_in_time(Message& message, const Now& now);
  void finish_or_remember(Message& message, const Now& now);
  void detach(Message& message);
  void remember(Message& message, Original original, const Now& now);
  void file_memory(Message& message, std::size_t& budget, const Now& now);
  void close_audit(Message& message, const Now& now);

  PipelineSettings settings_;
  SegmentPool& pool_;
  RandomSource& random_;
  ChainWriter writer_;
  trust::ChainCache chains_;
  DeliveryMemory memory_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Message>> messages_;
  std::deque<MessageId> runnable_;
  std::set<std::pair<TimePoint, MessageId>> timers_;
  std::unordered_map<std::uint64_t, Owner> owners_;  // By operation tag.
  std::uint64_t next_tag_ = 1;
  std::uint64_t bytes_held_ = 0;
};

}  // namespace sealgate::engine
