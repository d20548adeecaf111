// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/dispatcher.h"

#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "hsm/dispatch/shard_queue.h"
#include "hsm/dispatch/token_dispatcher.h"
#include "hsm/pkcs11/token_uri.h"

namespace sealgate::hsm {

static_assert(Dispatcher::kQueueOperationsMax == ShardQueue::kOperationsMax);

class Dispatcher::Core {
 public:
  std::vector<std::unique_ptr<TokenDispatcher>> tokens;
  // Lanes push to the queues' rings until they have stopped, whatever the shards do: so the rings
  // are kept here, and what a shard gets only refers to them.
  std::vector<std::unique_ptr<ShardQueue>> queues;
  bool is_started = false;
};

namespace {

class BorrowedQueue final : public KeyQueue {
 public:
  explicit BorrowedQueue(ShardQueue& queue) : queue_(&queue) {}
  std::size_t submit(std::span<const KeyOperation> operations) override {
    return queue_->submit(operations);
  }
  std::span<const KeyCompletion> poll() override { return queue_->poll(); }

 private:
  ShardQueue* queue_;
};

}  // namespace

Dispatcher::Dispatcher(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Dispatcher::~Dispatcher() {
  for (const std::unique_ptr<TokenDispatcher>& token : core_->tokens) token->stop();
  // Tokens go first: their sessions close before the last reference to a module finalises it.
  core_->tokens.clear();
}

Result<std::unique_ptr<Dispatcher>> Dispatcher::create(const DispatcherSettings& settings) {
  if (settings.tokens.size() > kTokensMax) return kTooManyTokens;
  auto core = std::make_unique<Core>();
  std::map<std::string, std::shared_ptr<Module>> modules;  // Loaded once, whatever uses them.
  for (const TokenSettings& each : settings.tokens) {
    std::shared_ptr<Module>& module = modules[each.module];
    if (module == nullptr) module = SG_TRY(Module::load(each.module));
    std::unique_ptr<Token> token = SG_TRY(Token::create(module, each));
    core->tokens.push_back(
        SG_TRY(TokenDispatcher::create(std::move(token), core->tokens.size(), settings)));
  }
  return std::unique_ptr<Dispatcher>(new Dispatcher(std::move(core)));
}

std::unique_ptr<KeyQueue> Dispatcher::create_queue(int wake_descriptor) {
  SG_CHECK(!core_->is_started);
  core_->queues.push_back(std::make_unique<ShardQueue>(core_->tokens, wake_descriptor));
  ShardQueue* const queue = core_->queues.back().get();
  for (const std::unique_ptr<TokenDispatcher>& token : core_->tokens) token->add_queue(queue);
  return std::make_unique<BorrowedQueue>(*queue);
}

void Dispatcher::start() {
  SG_CHECK(!core_->is_started);
  core_->is_started = true;
  for (const std::unique_ptr<TokenDispatcher>& token : core_->tokens) token->start();
}

std::vector<TokenStatus> Dispatcher::status() const {
  std::vector<TokenStatus> all;
  for (const std::unique_ptr<TokenDispatcher>& token : core_->tokens) {
    all.push_back(token->status());
  }
  return all;
}

std::vector<KeyReport> Dispatcher::keys() const {
  std::vector<KeyReport> all;
  for (const std::unique_ptr<TokenDispatcher>& token : core_->tokens) {
    for (KeyReport& key : token->keys()) all.push_back(std::move(key));
  }
  return all;
}

Result<KeyReport> Dispatcher::find_key(std::string_view uri) const {
  const TokenUri wanted = SG_TRY(TokenUri::parse(uri));
  std::vector<KeyReport> found;
  for (KeyReport& key : keys()) {
    if (key.public_key.empty() || !wanted.covers(key.uri)) continue;
    // The same key on two tokens is one key.
    if (!found.empty() && found.front().id != key.id) return kKeyAmbiguous;
    found.push_back(std::move(key));
  }
  if (!found.empty()) return found.front();
  for (const TokenStatus& token : status()) {
    if (token.state != TokenState::Ready) return kTokenUnavailable;
  }
  return kKeyUnknown;
}

}  // namespace sealgate::hsm
