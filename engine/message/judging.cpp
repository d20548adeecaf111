// SPDX-License-Identifier: Apache-2.0
//
// From a message that has arrived to a plan: read, recognised, decided.
#include <algorithm>
#include <utility>

#include "engine/message/date_time.h"
#include "engine/message/errors.h"
#include "engine/message/pipeline_engine.h"
#include "engine/message/received.h"
#include "engine/message/refusal.h"
#include "engine/message/replies.h"

namespace sealgate::engine {
namespace {

constexpr std::size_t kMessageIdLength = 26;

// What a decision with two certificate selections counts against a budget of octets to hash.
constexpr std::size_t kDecisionCost = 16 * 1024;

}  // namespace

void Pipeline::Engine::read(Message& message, std::size_t& budget, const Now& now) {
  auto& arrived = std::get<Arrived>(message.stage);
  Result<ReadMessage> read = read_message(std::move(arrived.structure), std::move(arrived.content));
  if (!read) return fail(message, reply_for(read.error()), now);
  auto owned = std::make_unique<const ReadMessage>(std::move(read).value());
  message.audit.header_from = owned->from.empty() ? "" : owned->from.front();
  message.audit.message_id = owned->message_id;
  message.print = message_print(message.envelope.sender, owned->message_id, owned->content.size());
  message.is_recognisable = !owned->message_id.empty() || owned->has_date;
  const auto known =
      message.is_recognisable ? memory_.look_up(message.print) : DeliveryMemory::Knowledge::None;
  switch (known) {
    case DeliveryMemory::Knowledge::Pending:
      return fail(message, reply_for(Error(kStillOnItsWay)), now);
    case DeliveryMemory::Knowledge::None:
      begin_judging(message, std::move(owned), now);
      return judge(message, budget, now);
    case DeliveryMemory::Knowledge::Settled:
      break;
  }
  Result<cms::Digest> digest = cms::Digest::create(cms::DigestAlgorithm::Sha256);
  if (!digest) return fail(message, reply_for(digest.error()), now);
  cms::ChainCursor cursor(owned->content);
  message.stage = Recognising{.message = std::move(owned),
                              .digest = std::move(digest).value(),
                              .cursor = std::move(cursor)};
  recognise(message, budget, now);
}

void Pipeline::Engine::recognise(Message& message, std::size_t& budget, const Now& now) {
  auto& stage = std::get<Recognising>(message.stage);
  while (budget > 0 && !stage.cursor.is_at_end()) {
    const ByteView piece = stage.cursor.next(budget);
    budget -= piece.size();
    stage.digest.update(piece);
  }
  if (!stage.cursor.is_at_end()) return make_runnable(message);
  const cms::DigestValue value = stage.digest.finish();
  message.digest.emplace();
  copy_bytes(*message.digest, value.view());
  const std::set<std::string> settled = memory_.settled(message.print, *message.digest);
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    if (!settled.contains(message.envelope.recipients[i].address)) continue;
    message.recipients[i].fate = Fate::Settled;
    message.audit.recipients[i].reasons.push_back("an earlier attempt has settled it");
  }
  if (standing_of(message.recipients) == Standing::AllTaken) {
    if (message.envelope.protocol == Protocol::Lmtp) {
      return answer_each(message, lmtp_replies(message.recipients, message.queue_id), now);
    }
    return answer(message, accepted_reply(message.queue_id), now);
  }
  begin_judging(message, std::move(stage.message), now);
  make_runnable(message);
}

void Pipeline::Engine::begin_judging(Message& message, std::unique_ptr<const ReadMessage> read,
                                     const Now& now) {
  auto decider = std::make_unique<Decider>(*message.snapshot, *read, message.envelope, now.wall);
  message.stage = Judging{.message = std::move(read), .decider = std::move(decider), .decided = {}};
}

void Pipeline::Engine::judge(Message& message, std::size_t& budget, const Now& now) {
  auto& stage = std::get<Judging>(message.stage);
  while (stage.decided.size() < message.recipients.size()) {
    if (budget == 0) return make_runnable(message);
    const std::size_t i = stage.decided.size();
    budget -= std::min(budget, kDecisionCost);
    if (message.recipients[i].fate == Fate::Settled) {
      DecidedRecipient settled;
      settled.is_settled = true;
      stage.decided.push_back(std::move(settled));
      continue;
    }
    DecidedRecipient decided = stage.decider->decide(i, chains_, Decider::Detail::Result);
    RecipientAudit& audit = message.audit.recipients[i];
    audit.rule = decided.decision.rule;
    audit.protection = protection_name(decided.protection, stage.message->sender_seal);
    audit.algorithms = algorithm_names(decided);
    if (decided.certificate != nullptr) audit.certificate = decided.certificate->name();
    audit.reasons = decided.protection.reasons;
    if (decided.protection.is_refused) {
      message.recipients[i].fate = Fate::Refused;
      message.recipients[i].reply = refusal_reply(decided.protection.refusal);
    }
    stage.decided.push_back(std::move(decided));
  }
  finish_judging(message, now);
}

// LMTP answers for each recipient by itself, so there is nothing partial about a refusal.
bool Pipeline::Engine::is_refused_as_a_whole(const Message& message) const {
  const auto is_refused = [](const RecipientState& state) { return state.fate == Fate::Refused; };
  const RecipientStates& states = message.recipients;
  if (std::all_of(states.begin(), states.end(), is_refused)) return true;
  return settings_.partial_refusal == PartialRefusal::RefuseAll &&
         message.envelope.protocol == Protocol::Smtp &&
         std::any_of(states.begin(), states.end(), is_refused);
}

void Pipeline::Engine::refuse_as_a_whole(Message& message, const Now& now) {
  if (message.envelope.protocol == Protocol::Lmtp) {
    return answer_each(message, lmtp_replies(message.recipients, message.queue_id), now);
  }
  Reply reply = combined_refusal(message.recipients);
  for (RecipientState& state : message.recipients) {
    if (state.fate != Fate::Waiting) continue;
    state.fate = Fate::Refused;
    state.reply = refusal_reply("Not sent, because another recipient was refused.");
  }
  answer(message, std::move(reply), now);
}

void Pipeline::Engine::finish_judging(Message& message, const Now& now) {
  auto& stage = std::get<Judging>(message.stage);
  if (is_refused_as_a_whole(message)) return refuse_as_a_whole(message, now);
  Result<Plan> made = make_plan(*stage.message, message.envelope, stage.decided);
  if (!made) return fail(message, reply_for(made.error()), now);
  auto plan = std::make_unique<const Plan>(std::move(made).value());
  const std::uint64_t room = std::uint64_t{pool_.size()} * kSegmentBytes;
  if (!fits(*plan, stage.message->content.size(), room)) {
    return fail(message, reply_for(Error(kCopiesTooLarge)), now);
  }
  auto read = std::move(stage.message);
  auto sealing =
      std::make_unique<Sealing>(*read, message.envelope, *plan, additions_for(message, *read, now),
                                SealingTools{.pool = pool_, .random = random_, .writer = writer_});
  Sealed sealed{.message = std::move(read),
                .plan = std::move(plan),
                .sealing = std::move(sealing),
                .wanted = wanted_of(stage.decided)};
  message.stage = std::move(sealed);
  make_runnable(message);
}

HeaderAdditions Pipeline::Engine::additions_for(const Message& message, const ReadMessage& read,
                                                const Now& now) {
  HeaderAdditions additions;
  additions.received =
      received_value(message.envelope, settings_.hostname, message.queue_id, now.wall);
  if (!read.has_date) additions.date = mail_date(now.wall);
  if (read.message_id.empty()) {
    additions.message_id =
        "<" + random_token(random_, kMessageIdLength) + "@" + settings_.hostname + ">";
  }
  return additions;
}

}  // namespace sealgate::engine
