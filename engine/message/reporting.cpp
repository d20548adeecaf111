// SPDX-License-Identifier: Apache-2.0
//
// A message some of whose recipients are settled while others have failed: the sender gets a DSN
// about those, and only when a next hop has it, the client gets its positive answer.
#include <utility>

#include "engine/message/errors.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"
#include "engine/message/retry.h"

namespace sealgate::engine {
namespace {

// RFC 5321, 6.1: nobody is told about mail from the null sender. RFC 3461, 4.1: nor of
// recipients with NOTIFY=NEVER.
bool may_be_reported(const Message& message, std::size_t recipient) {
  return !message.envelope.sender.empty() &&
         wants_failure_report(message.envelope.recipients[recipient]);
}

// Whether a failure would be lost without a word although a later attempt may succeed.
bool has_silent_transient_failure(const Message& message) {
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const RecipientState& state = message.recipients[i];
    const bool is_transient = state.is_failed() && state.reply.is_transient();
    if (is_transient && !may_be_reported(message, i)) return true;
  }
  return false;
}

}  // namespace

void Pipeline::Engine::begin_report(Message& message, Original original, const Now& now) {
  message.stage = Reporting{.original = std::move(original),
                            .dsn = {},
                            .attempts = 0,
                            .is_on_the_way = false,
                            .retry_at = {}};
  auto& stage = std::get<Reporting>(message.stage);
  if (has_silent_transient_failure(message)) {
    // The client's queue goes on with these; what was delivered is remembered.
    return answer(message, failure_reply(message.envelope, message.recipients), now);
  }
  DsnSource source;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const RecipientState& state = message.recipients[i];
    const Recipient& recipient = message.envelope.recipients[i];
    if (state.is_taken()) source.delivered_to.push_back(recipient.address);
    if (!state.is_failed() || !may_be_reported(message, i)) continue;
    source.failed.push_back(
        {.recipient = recipient, .reply = state.reply, .next_hop = state.next_hop});
  }
  if (source.failed.empty()) return answer(message, accepted_reply(message.queue_id), now);
  source.hostname = settings_.hostname;
  source.queue_id = message.queue_id;
  source.sender = message.envelope.sender;
  source.dsn_id = message.envelope.dsn_id;
  source.arrived_at = message.begun_at.wall;
  source.now = now.wall;
  source.header = &stage.original.header;
  Result<Dsn> dsn = build_dsn(source, random_, writer_);
  // No buffers for a page of text: what was delivered is remembered, the client comes again.
  if (!dsn) return answer(message, reply_for(dsn.error()), now);
  stage.dsn = std::move(dsn).value();
  send_report(message, now);
}

void Pipeline::Engine::send_report(Message& message, const Now& /*now*/) {
  auto& stage = std::get<Reporting>(message.stage);
  stage.retry_at.reset();
  ++stage.attempts;
  ++counters.reports;
  stage.is_on_the_way = true;
  Delivery delivery;
  delivery.id = message.id;
  delivery.copy = message.next_delivery++;
  Recipient sender;
  sender.address = message.envelope.sender;
  delivery.recipients.push_back(std::move(sender));
  delivery.content = stage.dsn.content;
  delivery.body = stage.dsn.body;
  delivery.needs_smtputf8 = stage.dsn.needs_smtputf8;
  actions.emplace_back(std::move(delivery));
  set_timer(message);
}

void Pipeline::Engine::take_report_result(Message& message, const Reply& reply, const Now& now) {
  if (reply.is_positive()) {
    for (RecipientState& state : message.recipients) {
      if (state.is_failed()) state.fate = Fate::Reported;
    }
  }
  if (message.is_detached()) return finish_or_remember(message, now);
  if (reply.is_positive()) return answer(message, accepted_reply(message.queue_id), now);
  if (reply.is_transient()) return retry_report_later(message, now);
  // The sender cannot be reached through us: the client has to tell him.
  answer(message, failure_reply(message.envelope, message.recipients), now);
}

void Pipeline::Engine::retry_report_later(Message& message, const Now& now) {
  auto& stage = std::get<Reporting>(message.stage);
  stage.retry_at = now.monotonic + retry_delay(stage.attempts);
  set_timer(message);
}

}  // namespace sealgate::engine
