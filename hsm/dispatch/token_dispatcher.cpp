// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/token_dispatcher.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "hsm/dispatch/completing.h"
#include "hsm/dispatch/shard_queue.h"

namespace sealgate::hsm {

Result<std::unique_ptr<TokenDispatcher>> TokenDispatcher::create(
    std::unique_ptr<Token> token, std::size_t index, const DispatcherSettings& settings) {
  const std::uint32_t lanes = token->settings().lanes;
  if (lanes == 0 || lanes > Dispatcher::kLanesMax) return kLaneCountInvalid;
  BatchWindow window = SG_TRY(BatchWindow::create(
      {.operations_max = settings.batch_operations_max, .delay_max = settings.batch_delay_max}));
  std::unique_ptr<TokenDispatcher> made(
      new TokenDispatcher(std::move(token), index, settings, std::move(window)));
  made->publish(made->open());
  return made;
}

TokenDispatcher::TokenDispatcher(std::unique_ptr<Token> token, std::size_t index,
                                 const DispatcherSettings& settings, BatchWindow window)
    : token_(std::move(token)),
      index_(index),
      recovery_pause_min_(settings.recovery_pause_min),
      recovery_pause_max_(settings.recovery_pause_max),
      window_(std::move(window)),
      recovery_pause_(settings.recovery_pause_min) {
  for (std::uint32_t i = 0; i < token_->settings().lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(shared_));
  }
  shown_.keys = token_->keys();
}

TokenDispatcher::~TokenDispatcher() {
  stop();
}

void TokenDispatcher::start() {
  // Everything the queues may have taken, and what lanes have finished and not yet given back.
  jobs_.resize(queues_.size() * ShardQueue::kOperationsMax +
               lanes_.size() * 2 * Lane::kOperationsMax);
  for (Job& job : jobs_) free_jobs_.push_back(&job);
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->start();
  thread_ = std::thread([this] { run(); });
}

void TokenDispatcher::stop() {
  if (!thread_.joinable()) return;
  is_stopping_.store(true, std::memory_order_release);  // Pairs with the acquire in run().
  wake();
  thread_.join();
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->stop();
}

void TokenDispatcher::run() {
  for (;;) {
    // Before anything is looked at, the order to stop too: who rings after this is heard.
    const std::uint32_t heard = shared_.dispatcher_bell.listen();
    if (is_stopping_.load(std::memory_order_acquire)) break;
    const TimePoint now = monotonic_now();
    take_back_finished();
    admit(now);
    expire(now);
    if (is_ready()) {
      feed_lanes(now);
    } else {
      fail_waiting();
      recover(now);
    }
    shared_.dispatcher_bell.wait(heard, wake_at());
  }
  admit(monotonic_now());
  fail_waiting();
}

void TokenDispatcher::take_back_finished() {
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    while (Job* const job = lane->take_finished()) free_jobs_.push_back(job);
  }
}

void TokenDispatcher::admit(TimePoint now) {
  for (ShardQueue* queue : queues_) {
    ShardQueue::Inbox& inbox = queue->inbox(index_);
    while (!inbox.is_empty()) {
      SG_CHECK(!free_jobs_.empty());
      Job* const job = free_jobs_.back();
      SG_CHECK(inbox.pop({&job->operation, 1}) == 1);
      free_jobs_.pop_back();
      job->queue = queue;
      job->arrived = now;
      shared_.count(shared_.taken);
      window_.add(job);
    }
  }
}

void TokenDispatcher::refuse(Job* job, KeyOutcome outcome) {
  KeyCompletion completion;
  completion.outcome = outcome;
  if (outcome == KeyOutcome::TokenUnavailable) {
    completion.detail = static_cast<std::int64_t>(shared_.loss.load(std::memory_order_relaxed));
  }
  finish_job(*job, completion, shared_);
  free_jobs_.push_back(job);
}

void TokenDispatcher::expire(TimePoint now) {
  while (Job* const job = window_.take_expired(now)) refuse(job, KeyOutcome::DeadlinePassed);
}

void TokenDispatcher::fail_waiting() {
  while (Job* const job = window_.take()) refuse(job, KeyOutcome::TokenUnavailable);
  shared_.has_backlog.store(false, std::memory_order_seq_cst);
}

// The lane with the least in hand, if that is below the limit.
Lane* TokenDispatcher::least_loaded(std::uint32_t in_hand_below) {
  Lane* best = nullptr;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    if (!lane->has_session()) continue;
    const std::uint32_t in_hand = lane->in_hand();
    if (in_hand >= in_hand_below) continue;
    best = lane.get();
    in_hand_below = in_hand;
    if (in_hand == 0) break;
  }
  return best;
}

void TokenDispatcher::feed_lanes(TimePoint now) {
  bool was_fed = false;
  // Twice: the flag has_backlog is set, then the lanes are looked at again (see Lane::run).
  for (const bool is_last : {false, true}) {
    while (!window_.is_empty()) {
      Lane* const lane = least_loaded(window_.is_due(now) ? Lane::kOperationsMax : 1);
      if (lane == nullptr) break;
      take_back_finished();
      lane->give(window_.take());
      was_fed = true;
    }
    if (!is_last) {
      shared_.has_backlog.store(!window_.is_empty(), std::memory_order_seq_cst);
      if (window_.is_empty()) break;
    }
  }
  if (was_fed) shared_.count(shared_.batches);
}

bool TokenDispatcher::are_lanes_idle() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const std::unique_ptr<Lane>& lane) { return lane->is_idle(); });
}

void TokenDispatcher::recover(TimePoint now) {
  if (shared_.state.load(std::memory_order_acquire) == TokenState::Refused) return;
  if (now < recover_at_ || !are_lanes_idle()) return;
  publish(open());
  if (is_ready()) recovery_pause_ = recovery_pause_min_;
  recover_at_ = monotonic_now() + recovery_pause_;
  recovery_pause_ = std::min(2 * recovery_pause_, recovery_pause_max_);
}

TimePoint TokenDispatcher::wake_at() const {
  switch (shared_.state.load(std::memory_order_acquire)) {
    case TokenState::Ready: {
      // Beyond the window's delay only a lane that gets room matters, and it rings.
      const TimePoint due = window_.is_due(monotonic_now()) ? TimePoint::max() : window_.due_at();
      // One tick later: a deadline is passed after it, not at it.
      const TimePoint deadline = window_.earliest_deadline();
      return std::min(due, deadline == TimePoint::max() ? deadline : deadline + Duration(1));
    }
    case TokenState::Recovering:
      // Lanes ring when they get idle.
      return are_lanes_idle() ? recover_at_ : Doorbell::kForever;
    case TokenState::Refused:
      return Doorbell::kForever;
  }
  SG_CHECK(false);
}

Result<void> TokenDispatcher::open() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->abandon_session();
  SG_TRY(token_->open());
  std::shared_ptr<const KeyTable> keys = token_->keys();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Result<Session> session = token_->open_session();
    // A token with fewer sessions than lanes is served with as many as it gives.
    if (!session && session.error().is(kTokenSessionsExhausted) && i > 0) break;
    if (!session) return session.error();
    lanes_[i]->set_session(std::move(session).value(), keys);
  }
  return {};
}

void TokenDispatcher::publish(const Result<void>& opened) {
  const std::shared_ptr<const KeyTable> keys = token_->keys();
  const std::lock_guard lock(shown_mutex_);
  shared_.logins.store(token_->logins(), std::memory_order_relaxed);
  shown_.label = token_->label();
  shown_.error = opened ? nullptr : &opened.error().kind();
  shown_.detail = opened ? 0 : opened.error().detail();
  shown_.lanes = static_cast<std::uint32_t>(std::count_if(
      lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->has_session(); }));
  if (!opened) {
    shared_.loss.store(static_cast<std::uint64_t>(opened.error().detail()),
                       std::memory_order_relaxed);
    shared_.state.store(token_->is_refused() ? TokenState::Refused : TokenState::Recovering,
                        std::memory_order_release);
    return;
  }
  shown_.keys = keys;
  auto ids = std::make_unique<KeyIds>();
  for (const TokenKey& key : keys->keys()) {
    if (key.public_key != nullptr) ids->push_back(key.report.id);
  }
  if (all_ids_.empty() || *all_ids_.back() != *ids) {
    all_ids_.push_back(std::move(ids));
    // Pairs with the acquire in holds().
    published_ids_.store(all_ids_.back().get(), std::memory_order_release);
  }
  if (was_opened_) shared_.count(shared_.recoveries);
  was_opened_ = true;
  shared_.state.store(TokenState::Ready, std::memory_order_release);
}

Holding TokenDispatcher::holds(const KeyId& key) const {
  const KeyIds* const ids = published_ids_.load(std::memory_order_acquire);
  if (ids == nullptr) return Holding::NotSeen;
  return std::binary_search(ids->begin(), ids->end(), key) ? Holding::Yes : Holding::No;
}

TokenStatus TokenDispatcher::status() const {
  TokenStatus status;
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  status.uri = token_->settings().uri;
  status.state = shared_.state.load(std::memory_order_acquire);
  status.counters.operations = read(shared_.operations);
  status.counters.operations_sign = read(shared_.operations_sign);
  status.counters.operations_decrypt = read(shared_.operations_decrypt);
  status.counters.operations_derive = read(shared_.operations_derive);
  status.counters.failures = read(shared_.failures);
  status.counters.deadlines_passed = read(shared_.deadlines_passed);
  status.counters.verify_failures = read(shared_.verify_failures);
  status.counters.batches = read(shared_.batches);
  status.counters.recoveries = read(shared_.recoveries);
  status.counters.logins = read(shared_.logins);
  const std::uint64_t taken = read(shared_.taken);
  status.counters.queue_depth =
      taken > status.counters.operations ? taken - status.counters.operations : 0;
  const std::lock_guard lock(shown_mutex_);
  status.label = shown_.label;
  status.error = shown_.error;
  status.detail = shown_.detail;
  // Lost since the last try to open it: the lanes know why.
  if (status.state == TokenState::Recovering && status.error == nullptr) {
    status.error = &kTokenUnavailable;
    status.detail = static_cast<std::int64_t>(read(shared_.loss));
  }
  status.lanes = shown_.lanes;
  status.keys = static_cast<std::uint32_t>(shown_.keys->keys().size());
  return status;
}

std::vector<KeyReport> TokenDispatcher::keys() const {
  std::shared_ptr<const KeyTable> keys;
  {
    const std::lock_guard lock(shown_mutex_);
    keys = shown_.keys;
  }
  std::vector<KeyReport> reports;
  for (const TokenKey& key : keys->keys()) reports.push_back(key.report);
  return reports;
}

}  // namespace sealgate::hsm
