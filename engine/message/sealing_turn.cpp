// SPDX-License-Identifier: Apache-2.0
//
// A message while its copies are made: its part of a turn, and what it waits for from the token.
#include <algorithm>
#include <utility>

#include "engine/message/pipeline_engine.h"
#include "engine/message/replies.h"

namespace sealgate::engine {

void Pipeline::Engine::seal(Message& message, std::size_t& budget, const Now& now) {
  auto& stage = std::get<Sealed>(message.stage);
  const Result<void> advanced = stage.sealing->advance(budget, now.wall);
  if (!advanced) return fail_sealing(message, advanced.error(), now);
  request_signatures(message, now);
  if (stage.sealing->is_finished()) return begin_delivery(message, now);
  if (stage.sealing->has_work()) make_runnable(message);
}

// A certificate that its owner's key makes unusable is the one failure here that a sender can do
// something about, so the reply says whose it is.
void Pipeline::Engine::fail_sealing(Message& message, const Error& error, const Now& now) {
  const auto& stage = std::get<Sealed>(message.stage);
  Reply reply = reply_for(error);
  const trust::Certificate* refused = stage.sealing->refused_certificate();
  if (refused != nullptr) reply.text += "\nIt is the certificate with " + refused->name();
  fail(message, reply, now);
}

void Pipeline::Engine::request_signatures(Message& message, const Now& now) {
  auto& stage = std::get<Sealed>(message.stage);
  for (SignatureRequest& request : stage.sealing->take_requests()) {
    const TimePoint due = std::min(now.monotonic + settings_.key_patience, message.deadline);
    request.operation.tag = hsm::OperationTag{next_tag_++};
    request.operation.deadline = due;
    owners_.emplace(request.operation.tag.value,
                    Owner{.message = message.id, .signature = request.signature});
    operations.push_back(request.operation);
    stage.keys_due = stage.awaited == 0 ? due : std::min(stage.keys_due, due);
    ++stage.awaited;
    ++counters.key_operations;
    ++message.audit.key_operations;
  }
  set_timer(message);
}

void Pipeline::Engine::taken(std::size_t count) {
  SG_CHECK(count <= operations.size());
  operations.erase(operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(count));
}

void Pipeline::Engine::resume(const hsm::KeyCompletion& completion, const Now& now) {
  const auto found = owners_.find(completion.tag.value);
  if (found == owners_.end()) return;
  const Owner owner = found->second;
  owners_.erase(found);
  Message* message = find(owner.message);
  SG_CHECK(message != nullptr);
  auto& stage = std::get<Sealed>(message->stage);
  --stage.awaited;
  if (completion.outcome != hsm::KeyOutcome::Done) {
    return fail(*message, reply_for(completion.outcome), now);
  }
  const Result<void> given =
      stage.sealing->give_signature(owner.signature, completion.output.view());
  if (!given) return fail_sealing(*message, given.error(), now);
  set_timer(*message);
  make_runnable(*message);
}

void Pipeline::Engine::drop_operations(MessageId id) {
  const Message* message = find(id);
  const auto* stage = message == nullptr ? nullptr : std::get_if<Sealed>(&message->stage);
  if (stage == nullptr || stage->awaited == 0) return;
  std::erase_if(operations, [&](const hsm::KeyOperation& operation) {
    const auto owner = owners_.find(operation.tag.value);
    return owner != owners_.end() && owner->second.message == id;
  });
  std::erase_if(owners_, [&](const auto& owner) { return owner.second.message == id; });
}

}  // namespace sealgate::engine
