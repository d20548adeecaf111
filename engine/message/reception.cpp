// SPDX-License-Identifier: Apache-2.0
//
// Reception: whether a message may begin, and its content while it comes in.
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kQueueIdLength = 12;

}  // namespace

std::optional<Error> Pipeline::Engine::reason_not_to_begin() const {
  if (messages_.size() >= settings_.messages_max) return Error(kTooManyMessages);
  if (bytes_held_ >= settings_.bytes_max) return Error(kTooManyBytes);
  if (pool_.free_count() < settings_.segments_reserve) return Error(kReserveReached);
  return std::nullopt;
}

void Pipeline::Engine::begin(MessageBegun&& event, const std::shared_ptr<const Snapshot>& snapshot,
                             const Now& now) {
  SG_CHECK(snapshot != nullptr && !event.envelope.recipients.empty());
  ++counters.begun;
  const std::optional<Error> why_not = reason_not_to_begin();

  auto owned = std::make_unique<Message>();
  Message& message = *owned;
  message.id = event.id;
  message.queue_id = random_token(random_, kQueueIdLength);
  message.envelope = std::move(event.envelope);
  message.snapshot = snapshot;
  message.begun_at = now;
  message.recipients.resize(message.envelope.recipients.size());
  const bool is_fresh = messages_.emplace(message.id.value, std::move(owned)).second;
  SG_CHECK(is_fresh);

  AuditRecord& audit = message.audit;
  audit.id = message.id;
  audit.queue_id = message.queue_id;
  audit.generation = snapshot->generation();
  audit.at = now.wall;
  audit.sender = message.envelope.sender;
  // Behind an MTA that is trusted to say so (XFORWARD), its client and not the MTA itself.
  const std::string& forwarded = message.envelope.forwarded.address;
  audit.client = forwarded.empty() ? message.envelope.client_address : forwarded;
  for (const Recipient& recipient : message.envelope.recipients) {
    RecipientAudit entry;
    entry.address = recipient.address;
    audit.recipients.push_back(std::move(entry));
  }
  if (why_not) fail(message, reply_for(*why_not), now);
}

void Pipeline::Engine::take_bytes(MessageBytes&& event, const Now& now) {
  Message* message = find(event.id);
  if (message == nullptr) return;
  auto* receiving = std::get_if<Receiving>(&message->stage);
  SG_CHECK(receiving != nullptr);
  const std::size_t size = event.bytes.bytes.size();
  if (size > settings_.bytes_max - std::min(bytes_held_, settings_.bytes_max)) {
    return fail(*message, reply_for(Error(kTooManyBytes)), now);
  }
  message->bytes_held += size;
  bytes_held_ += size;
  message->audit.bytes_in += size;
  const Result<void> fed = receiving->reader.feed(event.bytes.bytes);
  receiving->content.append(std::move(event.bytes));
  if (!fed) fail(*message, reply_for(fed.error()), now);
}

void Pipeline::Engine::end_content(const MessageEnded& event, const Now& now) {
  Message* message = find(event.id);
  if (message == nullptr) return;
  auto* receiving = std::get_if<Receiving>(&message->stage);
  SG_CHECK(receiving != nullptr);
  message->ended_at = now.monotonic;
  message->deadline = now.monotonic + settings_.patience;
  Arrived arrived{.structure = receiving->reader.finish(),
                  .content = std::move(receiving->content)};
  message->stage = std::move(arrived);
  set_timer(*message);
  make_runnable(*message);
}

void Pipeline::Engine::abandon(const MessageAbandoned& event, const Now& now) {
  Message* message = find(event.id);
  if (message == nullptr || message->is_detached()) return;
  ++counters.abandoned;
  message->is_client_gone = true;
  const auto* delivering = std::get_if<Delivering>(&message->stage);
  const auto* reporting = std::get_if<Reporting>(&message->stage);
  if (delivering == nullptr && reporting == nullptr) return end(*message, now);
  const bool is_on_the_way =
      delivering != nullptr ? !delivering->on_the_way.empty() : reporting->is_on_the_way;
  if (is_on_the_way) return detach(*message);
  finish_or_remember(*message, now);
}

}  // namespace sealgate::engine
