// SPDX-License-Identifier: Apache-2.0
//
// How messages end: the answer, the memory of what was delivered under an answer that says
// otherwise, and the audit record.
#include <algorithm>
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"

namespace sealgate::engine {
namespace {

bool has_settled(const RecipientStates& states) {
  return std::any_of(states.begin(), states.end(),
                     [](const RecipientState& state) { return state.is_settled(); });
}

Disposition disposition_of(const Message& message) {
  const RecipientStates& states = message.recipients;
  const auto taken = static_cast<std::size_t>(std::count_if(
      states.begin(), states.end(), [](const RecipientState& state) { return state.is_taken(); }));
  const Disposition delivered =
      taken == states.size() ? Disposition::Delivered : Disposition::PartlyDelivered;
  if (!message.is_answered) return taken == 0 ? Disposition::Abandoned : delivered;
  const std::vector<Reply>& replies = message.replies;
  const auto is_transient = [](const Reply& reply) { return reply.is_transient(); };
  const auto is_positive = [](const Reply& reply) { return reply.is_positive(); };
  if (std::any_of(replies.begin(), replies.end(), is_positive)) return delivered;
  if (std::any_of(replies.begin(), replies.end(), is_transient)) return Disposition::Deferred;
  return taken == 0 ? Disposition::Refused : delivered;
}

}  // namespace

void Pipeline::Engine::reply_to_client(Message& message, std::vector<Reply> replies,
                                       const Now& now) {
  SG_CHECK(!message.is_answered);
  if (message.is_client_gone) return;
  message.is_answered = true;
  message.replies = replies;
  const bool has_ended = !std::holds_alternative<Receiving>(message.stage);
  if (has_ended) message.audit.latency = now.monotonic - message.ended_at;
  ++counters.answered;
  actions.emplace_back(Answer{.id = message.id, .replies = std::move(replies)});
}

void Pipeline::Engine::answer(Message& message, Reply reply, const Now& now) {
  const bool is_final = !reply.is_transient();
  reply_to_client(message, {std::move(reply)}, now);
  if (!is_final) return finish_or_remember(message, now);
  if (message.digest) memory_.forget(message.print, *message.digest);
  end(message, now);
}

void Pipeline::Engine::answer_each(Message& message, std::vector<Reply> replies, const Now& now) {
  reply_to_client(message, std::move(replies), now);
  end(message, now);
}

void Pipeline::Engine::fail(Message& message, const Reply& reply, const Now& now) {
  for (RecipientState& state : message.recipients) {
    if (state.fate != Fate::Waiting) continue;
    state.fate = Fate::Failed;
    state.reply = reply;
  }
  if (message.envelope.protocol == Protocol::Lmtp) {
    return answer_each(message, lmtp_replies(message.recipients, message.queue_id), now);
  }
  answer(message, reply, now);
}

void Pipeline::Engine::answer_in_time(Message& message, const Now& now) {
  const Reply too_late = reply_for(Error(kPatienceOver));
  std::vector<Reply> replies;
  if (message.envelope.protocol == Protocol::Lmtp) {
    for (const RecipientState& state : message.recipients) {
      const bool is_open = state.fate == Fate::OnTheWay;
      replies.push_back(is_open              ? too_late
                        : state.is_settled() ? accepted_reply(message.queue_id)
                                             : state.reply);
    }
  } else {
    replies.push_back(too_late);
  }
  reply_to_client(message, std::move(replies), now);
  const auto* delivering = std::get_if<Delivering>(&message.stage);
  const bool is_on_the_way = delivering != nullptr
                                 ? !delivering->on_the_way.empty()
                                 : std::get<Reporting>(message.stage).is_on_the_way;
  if (is_on_the_way) return detach(message);
  finish_or_remember(message, now);
}

void Pipeline::Engine::detach(Message& message) {
  SG_CHECK(message.is_detached());
  if (!message.is_pending_in_memory) {
    memory_.begin(message.print);
    message.is_pending_in_memory = true;
  }
  if (auto* delivering = std::get_if<Delivering>(&message.stage)) delivering->retry_at.reset();
  if (auto* reporting = std::get_if<Reporting>(&message.stage)) reporting->retry_at.reset();
  set_timer(message);
}

void Pipeline::Engine::finish_or_remember(Message& message, const Now& now) {
  SG_CHECK(message.is_detached());
  Original* original = nullptr;
  if (auto* delivering = std::get_if<Delivering>(&message.stage)) {
    original = &delivering->original;
  } else if (auto* reporting = std::get_if<Reporting>(&message.stage)) {
    original = &reporting->original;
  }
  const bool is_worth_it = message.is_recognisable && has_settled(message.recipients);
  if (original == nullptr || !is_worth_it) return end(message, now);
  detach(message);
  remember(message, std::move(*original), now);
}

void Pipeline::Engine::remember(Message& message, Original original, const Now& now) {
  Result<cms::Digest> digest = cms::Digest::create(cms::DigestAlgorithm::Sha256);
  if (!digest) return end(message, now);
  message.stage = Remembering{.digest = std::move(digest).value(),
                              .cursor = cms::ChainCursor(std::move(original.content))};
  make_runnable(message);
}

void Pipeline::Engine::file_memory(Message& message, std::size_t& budget, const Now& now) {
  auto& stage = std::get<Remembering>(message.stage);
  while (budget > 0 && !stage.cursor.is_at_end()) {
    const ByteView piece = stage.cursor.next(budget);
    budget -= piece.size();
    stage.digest.update(piece);
  }
  if (!stage.cursor.is_at_end()) return make_runnable(message);
  ContentDigest digest{};
  const cms::DigestValue value = stage.digest.finish();
  copy_bytes(digest, value.view());
  std::vector<std::string> settled;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    if (!message.recipients[i].is_settled()) continue;
    settled.push_back(message.envelope.recipients[i].address);
  }
  memory_.remember(message.print, digest, settled, now.monotonic);
  end(message, now);
}

void Pipeline::Engine::close_audit(Message& message, const Now& /*now*/) {
  AuditRecord& audit = message.audit;
  audit.disposition = disposition_of(message);
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    audit.recipients[i].reply = std::move(message.recipients[i].reply);
  }
  records.push_back(std::move(audit));
}

}  // namespace sealgate::engine
