// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/shard_queue.h"

#include <algorithm>
#include <unistd.h>

#include "base/check.h"
#include "base/secret.h"
#include "hsm/dispatch/token_dispatcher.h"

namespace sealgate::hsm {

ShardQueue::ShardQueue(std::span<const std::unique_ptr<TokenDispatcher>> tokens,
                       int wake_descriptor)
    : tokens_(tokens), wake_descriptor_(wake_descriptor), was_given_(tokens.size()) {
  for (std::size_t i = 0; i < tokens.size(); ++i) inboxes_.push_back(std::make_unique<Inbox>());
  refused_.reserve(kOperationsMax);
  polled_.reserve(kOperationsMax);
}

// The first healthy token that holds the key. A key that nobody holds is unknown only when every
// token was seen: one that is away may hold it.
ShardQueue::Route ShardQueue::route(const KeyId& key) const {
  Route route;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const TokenDispatcher& token = *tokens_[i];
    const Holding holding = token.holds(key);
    if (holding == Holding::Yes && token.is_ready()) return {.token = i};
    if (holding != Holding::No) route.refusal = KeyOutcome::TokenUnavailable;
  }
  return route;
}

std::size_t ShardQueue::submit(std::span<const KeyOperation> operations) {
  const std::size_t count = std::min(operations.size(), kOperationsMax - outstanding_);
  std::fill(was_given_.begin(), was_given_.end(), false);
  for (const KeyOperation& operation : operations.first(count)) {
    const Route chosen = route(operation.key);
    if (chosen.token == kNoToken) {
      KeyCompletion completion;
      completion.tag = operation.tag;
      completion.outcome = chosen.refusal;
      refused_.push_back(completion);
      continue;
    }
    SG_CHECK(inboxes_[chosen.token]->push({&operation, 1}) == 1);
    was_given_[chosen.token] = true;
  }
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (was_given_[i]) tokens_[i]->wake();
  }
  if (!refused_.empty()) wake_shard();
  outstanding_ += count;
  return count;
}

void ShardQueue::drain() {
  KeyCompletion completion;
  while (polled_.size() < kOperationsMax && completions_.pop(completion)) {
    polled_.push_back(completion);
  }
  wipe_bytes(completion.output.bytes);
}

std::span<const KeyCompletion> ShardQueue::poll() {
  for (KeyCompletion& completion : polled_) {
    wipe_bytes(MutableBytes(completion.output.bytes).first(completion.output.size));
  }
  polled_.clear();
  polled_.swap(refused_);
  drain();
  // Arm, then look again: a completion that came in between is either seen here, or its lane sees
  // the armed flag. The exchanges order the two (release: ours before theirs; acquire: theirs
  // before our look).
  if (!is_armed_.exchange(true, std::memory_order_acq_rel)) drain();
  outstanding_ -= polled_.size();
  return polled_;
}

void ShardQueue::complete(const KeyCompletion& completion) {
  SG_CHECK(completions_.push(completion));
  wake_shard();
}

void ShardQueue::wake_shard() {
  // Pairs with the exchange in poll(). Only the first completion after a poll pays for a write.
  if (!is_armed_.exchange(false, std::memory_order_acq_rel) || wake_descriptor_ < 0) return;
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is at its end, so the shard is being woken anyway.
  [[maybe_unused]] const ssize_t written = write(wake_descriptor_, &one, sizeof one);
}

}  // namespace sealgate::hsm
