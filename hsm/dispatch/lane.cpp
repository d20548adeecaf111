// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/lane.h"

#include <utility>

#include "base/check.h"
#include "hsm/dispatch/completing.h"
#include "hsm/dispatch/token_shared.h"

namespace sealgate::hsm {

Lane::~Lane() {
  stop();
}

void Lane::start() {
  thread_ = std::thread([this] { run(); });
}

void Lane::stop() {
  if (!thread_.joinable()) return;
  is_stopping_.store(true, std::memory_order_release);  // Pairs with the acquire in run().
  bell_.ring();
  thread_.join();
}

void Lane::set_session(Session session, std::shared_ptr<const KeyTable> keys) {
  SG_CHECK(is_idle());
  session_ = std::move(session);
  keys_ = std::move(keys);
}

void Lane::abandon_session() {
  SG_CHECK(is_idle());
  session_.abandon();
}

void Lane::give(Job* job) {
  SG_CHECK(has_session());
  in_hand_.fetch_add(1, std::memory_order_seq_cst);
  SG_CHECK(inbox_.push({&job, 1}) == 1);
  bell_.ring();
}

Job* Lane::take_finished() {
  Job* job = nullptr;
  return finished_.pop({&job, 1}) == 1 ? job : nullptr;
}

void Lane::run() {
  for (;;) {
    const std::uint32_t heard = bell_.listen();
    Job* job = nullptr;
    if (inbox_.pop({&job, 1}) == 0) {
      if (is_stopping_.load(std::memory_order_acquire)) return;
      bell_.wait(heard, Doorbell::kForever);
      continue;
    }
    complete(*job);
    // The dispatcher takes jobs back before it gives more, so there is room.
    SG_CHECK(finished_.push({&job, 1}) == 1);
    // The dispatcher sets has_backlog and then looks at in_hand; we do it the other way round.
    // One of the two sees the other, so no job stays in the window beside an idle lane. The same
    // holds for the state: a lane ends Ready and then rings, we are idle and then look.
    const std::uint32_t left = in_hand_.fetch_sub(1, std::memory_order_seq_cst) - 1;
    const bool is_waited_for = shared_->state.load(std::memory_order_seq_cst) != TokenState::Ready;
    if ((left <= 1 && shared_->has_backlog.load(std::memory_order_seq_cst)) ||
        (left == 0 && is_waited_for)) {
      shared_->dispatcher_bell.ring();
    }
  }
}

void Lane::complete(Job& job) {
  KeyCompletion completion;
  const KeyOperation& operation = job.operation;
  const TokenKey* const key = keys_->find(operation.key);
  if (operation.deadline < monotonic_now()) {
    completion.outcome = KeyOutcome::DeadlinePassed;
  } else if (shared_->state.load(std::memory_order_acquire) != TokenState::Ready) {
    completion.outcome = KeyOutcome::TokenUnavailable;
    completion.detail = static_cast<std::int64_t>(shared_->loss.load(std::memory_order_relaxed));
  } else if (key == nullptr) {
    completion.outcome = KeyOutcome::KeyUnknown;
  } else {
    shared_->count(shared_->operations_of(operation.action));
    const ExecuteResult result = session_.execute(*key, operation, completion.output);
    completion.outcome = result.outcome;
    completion.detail = static_cast<std::int64_t>(result.rv);
    if (result.is_signature_wrong) shared_->count(shared_->verify_failures);
    if (result.is_session_lost) {
      shared_->loss.store(result.rv, std::memory_order_relaxed);
      TokenState expected = TokenState::Ready;
      shared_->state.compare_exchange_strong(expected, TokenState::Recovering,
                                             std::memory_order_seq_cst);
      shared_->dispatcher_bell.ring();
    }
  }
  finish_job(job, completion, *shared_);
}

}  // namespace sealgate::hsm
