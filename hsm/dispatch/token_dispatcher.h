// SPDX-License-Identifier: Apache-2.0
//
// TokenDispatcher serves one token: its thread takes operations from the shards' rings, keeps
// them in a batch window, feeds the lanes, and gets a lost token back.
//
// Threading: create(), add_queue(), start() and stop() belong to the thread that owns the
// Dispatcher; holds(), is_ready() and wake() to any shard; status() and keys() to any thread. The
// rest runs on the dispatcher's own thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "hsm/dispatch/batch_window.h"
#include "hsm/dispatch/dispatcher.h"
#include "hsm/dispatch/lane.h"
#include "hsm/dispatch/token_shared.h"
#include "hsm/pkcs11/token.h"

namespace sealgate::hsm {

class ShardQueue;

enum class Holding : std::uint8_t {
  Yes,
  No,
  NotSeen,  // The token was never there, so nobody knows.
};

class TokenDispatcher {
 public:
  // Tries to open the token once. `index` is its inbox in every queue. Fails with
  // kBatchLimitsInvalid and kLaneCountInvalid.
  static Result<std::unique_ptr<TokenDispatcher>> create(std::unique_ptr<Token> token,
                                                         std::size_t index,
                                                         const DispatcherSettings& settings);
  ~TokenDispatcher();
  TokenDispatcher(const TokenDispatcher&) = delete;
  TokenDispatcher& operator=(const TokenDispatcher&) = delete;

  // Requires: before start().
  void add_queue(ShardQueue* queue) { queues_.push_back(queue); }
  void start();
  // Completes what waits as TokenUnavailable and ends the threads. Idempotent.
  void stop();

  Holding holds(const KeyId& key) const;
  bool is_ready() const {
    return shared_.state.load(std::memory_order_acquire) == TokenState::Ready;
  }
  void wake() { shared_.dispatcher_bell.ring(); }

  TokenStatus status() const;
  std::vector<KeyReport> keys() const;

 private:
  using KeyIds = std::vector<KeyId>;

  TokenDispatcher(std::unique_ptr<Token> token, std::size_t index,
                  const DispatcherSettings& settings, BatchWindow window);
  void run();
  void take_back_finished();
  void admit(TimePoint now);
  void expire(TimePoint now);
  void feed_lanes(TimePoint now);
  Lane* least_loaded(std::uint32_t in_hand_below);
  void fail_waiting();
  void refuse(Job* job, KeyOutcome outcome);
  void recover(TimePoint now);
  bool are_lanes_idle() const;
  TimePoint wake_at() const;

  Result<void> open();
  void publish(const Result<void>& opened);

  std::unique_ptr<Token> token_;
  std::size_t index_;
  Duration recovery_pause_min_;
  Duration recovery_pause_max_;
  TokenShared shared_;
  std::vector<ShardQueue*> queues_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  // The dispatcher thread's.
  BatchWindow window_;
  std::vector<Job> jobs_;
  std::vector<Job*> free_jobs_;
  Duration recovery_pause_{};
  TimePoint recover_at_{};
  bool was_opened_ = false;

  // The ids of the keys, for routing: read by shards without a lock. Lists that were published
  // are kept, because a shard may still read one; a new one comes only when the keys changed.
  std::atomic<const KeyIds*> published_ids_{nullptr};
  std::vector<std::unique_ptr<const KeyIds>> all_ids_;

  // For status() and keys(); never held while the token is asked.
  struct Shown {
    std::string label;
    const ErrorKind* error = nullptr;
    std::int64_t detail = 0;
    std::uint32_t lanes = 0;
    std::shared_ptr<const KeyTable> keys;
  };
  mutable std::mutex shown_mutex_;
  Shown shown_;

  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace sealgate::hsm
