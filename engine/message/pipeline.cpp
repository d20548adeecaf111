// SPDX-License-Identifier: Apache-2.0
#include "engine/message/pipeline.h"

#include <algorithm>
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"

namespace sealgate::engine {
namespace {

// What one message may use of a turn before the next one gets its part: small messages do not
// wait behind a big one.
constexpr std::size_t kShareBytes = 64 * 1024;
// What a step costs at least, so that a turn ends however cheap its steps claim to be.
constexpr std::size_t kStepBytesMin = 1024;

}  // namespace

Pipeline::Engine::Engine(PipelineSettings settings, SegmentPool& pool, RandomSource& random)
    : settings_(std::move(settings)),
      pool_(pool),
      random_(random),
      writer_(pool),
      memory_(settings_.memory_entries_max, settings_.memory_time) {}

Message* Pipeline::Engine::find(MessageId id) {
  const auto found = messages_.find(id.value);
  return found == messages_.end() ? nullptr : found->second.get();
}

void Pipeline::Engine::make_runnable(Message& message) {
  if (message.is_queued) return;
  message.is_queued = true;
  runnable_.push_back(message.id);
}

void Pipeline::Engine::work(const Now& now) {
  std::size_t budget = kTurnCryptoBytesMax;
  while (budget > 0 && !runnable_.empty()) {
    const MessageId id = runnable_.front();
    runnable_.pop_front();
    Message* message = find(id);
    if (message == nullptr) continue;
    message->is_queued = false;
    const std::size_t share = std::min(budget, kShareBytes);
    std::size_t left = share;
    advance(*message, left, now);
    budget -= std::min(budget, std::max(share - left, kStepBytesMin));
  }
}

// Each stage either spends the budget, parks the message or hands it to the next stage, which
// goes on with what is left.
void Pipeline::Engine::advance(Message& message, std::size_t& budget, const Now& now) {
  if (std::holds_alternative<Arrived>(message.stage)) {
    read(message, budget, now);
  } else if (std::holds_alternative<Recognising>(message.stage)) {
    recognise(message, budget, now);
  } else if (std::holds_alternative<Judging>(message.stage)) {
    judge(message, budget, now);
  } else if (std::holds_alternative<Sealed>(message.stage)) {
    seal(message, budget, now);
  } else if (std::holds_alternative<Remembering>(message.stage)) {
    file_memory(message, budget, now);
  }
}

void Pipeline::Engine::set_timer(Message& message) {
  std::optional<TimePoint> due;
  const auto consider = [&due](TimePoint at) { due = due ? std::min(*due, at) : at; };
  if (!std::holds_alternative<Receiving>(message.stage) && !message.is_detached()) {
    consider(message.deadline);
  }
  if (const auto* sealed = std::get_if<Sealed>(&message.stage)) {
    if (sealed->awaited > 0) consider(sealed->keys_due);
  }
  if (const auto* delivering = std::get_if<Delivering>(&message.stage)) {
    if (delivering->retry_at) consider(*delivering->retry_at);
  }
  if (const auto* reporting = std::get_if<Reporting>(&message.stage)) {
    if (reporting->retry_at) consider(*reporting->retry_at);
  }
  if (due == message.timer) return;
  if (message.timer) timers_.erase({*message.timer, message.id});
  message.timer = due;
  if (due) timers_.insert({*due, message.id});
}

void Pipeline::Engine::expire(const Now& now) {
  memory_.expire(now.monotonic);
  while (!timers_.empty() && timers_.begin()->first <= now.monotonic) {
    const MessageId id = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Message* message = find(id);
    SG_CHECK(message != nullptr);
    message->timer.reset();
    fall_due(*message, now);
  }
}

void Pipeline::Engine::fall_due(Message& message, const Now& now) {
  const bool is_over = !message.is_detached() && message.deadline <= now.monotonic;
  const bool has_left = std::holds_alternative<Delivering>(message.stage) ||
                        std::holds_alternative<Reporting>(message.stage);
  if (is_over && has_left) return answer_in_time(message, now);
  if (is_over) return fail(message, reply_for(Error(kPatienceOver)), now);
  if (std::holds_alternative<Delivering>(message.stage)) return retry_delivery(message, now);
  if (std::holds_alternative<Reporting>(message.stage)) return send_report(message, now);
  SG_CHECK(std::holds_alternative<Sealed>(message.stage));
  fail(message, reply_for(hsm::KeyOutcome::DeadlinePassed), now);
}

std::optional<TimePoint> Pipeline::Engine::wake_at() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

void Pipeline::Engine::end(Message& message, const Now& now) {
  if (message.is_pending_in_memory) memory_.end(message.print);
  if (message.timer) timers_.erase({*message.timer, message.id});
  drop_operations(message.id);
  bytes_held_ -= message.bytes_held;
  close_audit(message, now);
  messages_.erase(message.id.value);
}

Pipeline::Pipeline(PipelineSettings settings, SegmentPool& pool, RandomSource& random)
    : engine_(std::make_unique<Engine>(std::move(settings), pool, random)) {}

Pipeline::~Pipeline() = default;

void Pipeline::accept(IoEvent&& event, const std::shared_ptr<const Snapshot>& snapshot,
                      const Now& now) {
  if (auto* begun = std::get_if<MessageBegun>(&event)) {
    engine_->begin(std::move(*begun), snapshot, now);
  } else if (auto* bytes = std::get_if<MessageBytes>(&event)) {
    engine_->take_bytes(std::move(*bytes), now);
  } else if (const auto* ended = std::get_if<MessageEnded>(&event)) {
    engine_->end_content(*ended, now);
  } else if (const auto* abandoned = std::get_if<MessageAbandoned>(&event)) {
    engine_->abandon(*abandoned, now);
  } else if (auto* finished = std::get_if<DeliveryFinished>(&event)) {
    engine_->take_results(std::move(*finished), now);
  }
}

void Pipeline::work(const Now& now) {
  engine_->work(now);
}

bool Pipeline::has_work() const {
  return engine_->has_work();
}

std::span<const hsm::KeyOperation> Pipeline::key_operations() const {
  return engine_->operations;
}

void Pipeline::taken(std::size_t count) {
  engine_->taken(count);
}

void Pipeline::resume(const hsm::KeyCompletion& completion, const Now& now) {
  engine_->resume(completion, now);
}

void Pipeline::expire(const Now& now) {
  engine_->expire(now);
}

std::optional<TimePoint> Pipeline::wake_at() const {
  return engine_->wake_at();
}

std::vector<IoAction> Pipeline::output() {
  return std::exchange(engine_->actions, {});
}

std::vector<AuditRecord> Pipeline::audit() {
  return std::exchange(engine_->records, {});
}

std::size_t Pipeline::in_flight() const {
  return engine_->in_flight();
}

const PipelineCounters& Pipeline::counters() const {
  return engine_->counters;
}

}  // namespace sealgate::engine
