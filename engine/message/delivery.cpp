// SPDX-License-Identifier: Apache-2.0
//
// A message while next hops have its copies.
#include <algorithm>
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/outgoing_header.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"
#include "engine/message/retry.h"
#include "engine/message/visible_text.h"

namespace sealgate::engine {
namespace {

// What a line of a reply may hold (mail_io.h).
constexpr std::size_t kForeignTextBytesMax = 450;

}  // namespace

void Pipeline::Engine::begin_delivery(Message& message, const Now& now) {
  auto& sealed = std::get<Sealed>(message.stage);
  Result<std::vector<SealedCopy>> taken = sealed.sealing->take_copies(sealed.wanted);
  if (!taken) return withhold(message, sealed.sealing->copy_fault(), now);
  std::vector<SealedCopy> copies = std::move(taken).value();
  const ReadMessage& read = *sealed.message;
  Delivering delivering;
  delivering.original = {.header = returned_header(read, writer_), .content = read.content};
  const std::unique_ptr<const Plan> plan = std::move(sealed.plan);
  const std::vector<PlannedCopy>& planned = plan->copies;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    delivering.copies.push_back({.sealed = std::move(copies[i]), .tls = planned[i].tls});
  }
  message.stage = std::move(delivering);
  message.audit.copies = static_cast<std::uint32_t>(planned.size());
  counters.copies += planned.size();
  for (std::uint32_t i = 0; i < planned.size(); ++i) {
    for (const std::uint32_t recipient : planned[i].recipients) {
      message.recipients[recipient].copy = i;
      message.audit.recipients[recipient].copy = i;
    }
    hand_over(message, i, planned[i].recipients);
  }
  set_timer(message);
  // Every recipient may have been settled by an earlier attempt or refused just now.
  if (planned.empty()) conclude(message, now);
}

void Pipeline::Engine::withhold(Message& message, std::string_view fault, const Now& now) {
  ++counters.withheld;
  for (RecipientAudit& recipient : message.audit.recipients) {
    recipient.reasons.push_back("withheld: a copy is not as decided: " + std::string(fault));
  }
  fail(message, reply_for(Error(kCopyNotAsDecided)), now);
}

void Pipeline::Engine::hand_over(Message& message, std::uint32_t copy,
                                 std::vector<std::uint32_t> recipients) {
  auto& stage = std::get<Delivering>(message.stage);
  const SentCopy& sent = stage.copies[copy];
  Delivery delivery;
  delivery.id = message.id;
  delivery.copy = message.next_delivery++;
  delivery.sender = message.envelope.sender;
  for (const std::uint32_t i : recipients) {
    message.recipients[i].fate = Fate::OnTheWay;
    delivery.recipients.push_back(message.envelope.recipients[i]);
  }
  delivery.content = sent.sealed.content;
  delivery.body = sent.sealed.body;
  delivery.needs_smtputf8 = message.envelope.needs_smtputf8;
  delivery.tls = sent.tls;
  delivery.dsn_return = message.envelope.dsn_return;
  delivery.dsn_id = message.envelope.dsn_id;
  delivery.forwarded = message.envelope.forwarded;
  message.audit.bytes_out += delivery.content.size();
  stage.on_the_way.emplace(delivery.copy, std::move(recipients));
  actions.emplace_back(std::move(delivery));
}

void Pipeline::Engine::take_results(DeliveryFinished&& event, const Now& now) {
  Message* message = find(event.id);
  if (message == nullptr) return;
  if (auto* reporting = std::get_if<Reporting>(&message->stage)) {
    SG_CHECK(reporting->is_on_the_way && event.results.size() == 1);
    reporting->is_on_the_way = false;
    return take_report_result(*message, event.results.front().reply, now);
  }
  auto* stage = std::get_if<Delivering>(&message->stage);
  SG_CHECK(stage != nullptr);
  const auto delivery = stage->on_the_way.find(event.copy);
  SG_CHECK(delivery != stage->on_the_way.end());
  SG_CHECK(delivery->second.size() == event.results.size());
  for (std::size_t i = 0; i < event.results.size(); ++i) {
    RecipientState& state = message->recipients[delivery->second[i]];
    RecipientResult& result = event.results[i];
    state.fate = result.reply.is_positive() ? Fate::Taken : Fate::Failed;
    state.reply = std::move(result.reply);
    // Someone else's words: they go into our replies and DSNs.
    state.reply.text = one_line(state.reply.text, kForeignTextBytesMax);
    state.next_hop = std::move(result.next_hop);
  }
  stage->on_the_way.erase(delivery);
  if (stage->on_the_way.empty()) conclude(*message, now);
}

void Pipeline::Engine::conclude(Message& message, const Now& now) {
  if (message.is_detached()) return finish_or_remember(message, now);
  if (message.envelope.protocol == Protocol::Lmtp) {
    return answer_each(message, lmtp_replies(message.recipients, message.queue_id), now);
  }
  auto& stage = std::get<Delivering>(message.stage);
  switch (standing_of(message.recipients)) {
    case Standing::Open:
      break;
    case Standing::AllTaken:
      return answer(message, accepted_reply(message.queue_id), now);
    case Standing::NoneTaken:
      return answer(message, failure_reply(message.envelope, message.recipients), now);
    case Standing::Mixed: {
      const TimePoint again = now.monotonic + retry_delay(stage.attempts);
      const TimePoint last = message.ended_at + settings_.patience / 2;
      if (!has_transient_failure(message.recipients) || again > last) {
        return begin_report(message, std::move(stage.original), now);
      }
      stage.retry_at = again;
      return set_timer(message);
    }
  }
  SG_CHECK(standing_of(message.recipients) != Standing::Open);
}

void Pipeline::Engine::retry_delivery(Message& message, const Now& /*now*/) {
  auto& stage = std::get<Delivering>(message.stage);
  stage.retry_at.reset();
  ++stage.attempts;
  std::map<std::uint32_t, std::vector<std::uint32_t>> again;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    const RecipientState& state = message.recipients[i];
    if (state.fate == Fate::Failed && state.reply.is_transient()) again[state.copy].push_back(i);
  }
  for (auto& [copy, recipients] : again) hand_over(message, copy, std::move(recipients));
  set_timer(message);
}

}  // namespace sealgate::engine
