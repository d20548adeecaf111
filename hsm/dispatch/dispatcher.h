// SPDX-License-Identifier: Apache-2.0
//
// Dispatcher owns the tokens and the threads that work on them, and hands each shard its own
// KeyQueue:
//
//   auto dispatcher = SG_TRY(Dispatcher::create(settings));
//   std::unique_ptr<KeyQueue> queue = dispatcher->create_queue(eventfd_of_the_shard);
//   dispatcher->start();
//
// A token that is away when the process starts, or goes away later, does not fail anything here:
// its operations complete as TokenUnavailable, and it is used again once it is back. A wrong PIN
// is tried once in the life of a Dispatcher.
//
// Threading: create(), create_queue(), start() and the destructor belong to one thread. Each
// queue belongs to its shard thread. status(), keys() and reports() may be called from any
// thread at any time.
// Invariants: the Dispatcher outlives its queues' use; an operation that was taken completes
// exactly once, except that the destructor may drop what nobody polled.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "hsm/api/errors.h"
#include "hsm/api/key_queue.h"
#include "hsm/api/token_report.h"
#include "hsm/api/token_settings.h"
#include "hsm/api/token_status.h"

namespace sealgate::hsm {

struct DispatcherSettings {
  std::vector<TokenSettings> tokens;  // In the order of preference for a key that several hold.
  // A batch goes to busy lanes when it is full or when its oldest operation waited this long;
  // an idle lane takes work at once.
  std::uint32_t batch_operations_max = 16;
  Duration batch_delay_max = std::chrono::microseconds(100);
  // Pauses between tries to get a lost token back: doubled from the first to the second.
  Duration recovery_pause_min = std::chrono::milliseconds(100);
  Duration recovery_pause_max = std::chrono::seconds(10);
};

class Dispatcher {
 public:
  static constexpr std::size_t kTokensMax = 16;
  static constexpr std::uint32_t kLanesMax = 64;
  // What one queue takes before it pushes back.
  static constexpr std::size_t kQueueOperationsMax = 512;

  // Loads the modules and tries each token once. Fails on a wrong configuration (module, URI,
  // PIN file, limits), not on a token that is away or refuses its PIN: status() tells.
  static Result<std::unique_ptr<Dispatcher>> create(const DispatcherSettings& settings);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // A queue for one shard. `wake_descriptor` is an eventfd of the shard's, which stays open as
  // long as the Dispatcher lives: it is written when completions wait and the shard has polled
  // all earlier ones, once for a burst. -1: the shard polls without being woken.
  // Requires: start() was not called yet.
  std::unique_ptr<KeyQueue> create_queue(int wake_descriptor);

  // Starts the threads. Requires: not called before.
  void start();

  std::vector<TokenStatus> status() const;

  // All private keys of all tokens that were found.
  std::vector<KeyReport> keys() const;

  // The one key that a configured URI names. Fails with kUriInvalid, kUriHasPin, kKeyUnknown,
  // kKeyAmbiguous (several different keys), or kTokenUnavailable: not found, but a token is away.
  Result<KeyReport> find_key(std::string_view uri) const;

 private:
  class Core;
  explicit Dispatcher(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace sealgate::hsm
