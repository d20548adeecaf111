// SPDX-License-Identifier: Apache-2.0
//
// ShardQueue is the KeyQueue of one shard: a ring to each token's dispatcher, and one ring of
// completions that all lanes fill.
//
// Threading: submit() and poll() belong to the shard thread; inbox(i).pop() to the dispatcher
// thread of token i; complete() to any lane or dispatcher.
// Invariants: outstanding_ counts what was taken and not yet polled, never above
// kOperationsMax; so neither the inboxes nor the ring of completions can be full.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ring.h"
#include "hsm/api/key_queue.h"
#include "hsm/dispatch/mpsc_ring.h"

namespace sealgate::hsm {

class TokenDispatcher;

class ShardQueue final : public KeyQueue {
 public:
  static constexpr std::uint32_t kOperationsMax = 512;
  using Inbox = SpscRing<KeyOperation, kOperationsMax>;

  // Requires: the tokens outlive the queue's use.
  ShardQueue(std::span<const std::unique_ptr<TokenDispatcher>> tokens, int wake_descriptor);

  std::size_t submit(std::span<const KeyOperation> operations) override;
  std::span<const KeyCompletion> poll() override;

  Inbox& inbox(std::size_t token) { return *inboxes_[token]; }
  void complete(const KeyCompletion& completion);

 private:
  static constexpr std::size_t kNoToken = ~std::size_t{0};
  struct Route {
    std::size_t token = kNoToken;
    KeyOutcome refusal = KeyOutcome::KeyUnknown;  // Where there is no token.
  };
  Route route(const KeyId& key) const;
  void drain();
  void wake_shard();

  std::span<const std::unique_ptr<TokenDispatcher>> tokens_;
  std::vector<std::unique_ptr<Inbox>> inboxes_;  // One for each token.
  int wake_descriptor_;
  std::size_t outstanding_ = 0;
  std::vector<KeyCompletion> refused_;  // Completed without a token.
  std::vector<KeyCompletion> polled_;
  std::vector<bool> was_given_;  // Tokens that got operations in this submit().
  MpscRing<KeyCompletion, kOperationsMax> completions_;
  // Whether the next completion has to wake the shard: true once the shard has seen all.
  alignas(kCacheLineBytes) std::atomic<bool> is_armed_{true};
};

}  // namespace sealgate::hsm
