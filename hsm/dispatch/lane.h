// SPDX-License-Identifier: Apache-2.0
//
// Lane is one thread with one session of its own, and works through what its dispatcher gives it.
// The session is opened while the lane is idle and then kept: never opened for an operation.
//
// Threading: everything but the private part belongs to the dispatcher thread. The lane's thread
// reads session and keys only after it took a job, which the dispatcher gave after it set them.
// Invariants: every job given comes back by take_finished(), completed exactly once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "base/ring.h"
#include "hsm/dispatch/batch_window.h"
#include "hsm/dispatch/doorbell.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/session.h"

namespace sealgate::hsm {

// What lanes and their dispatcher share.
struct TokenShared;

class Lane {
 public:
  // What one lane has in hand at most: one running, the rest waiting, so that it does not pause
  // between two. More would let urgent operations wait behind them.
  static constexpr std::uint32_t kOperationsMax = 4;

  explicit Lane(TokenShared& shared) : shared_(&shared) {}
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Ends the thread once it has completed what it was given. Idempotent.
  void stop();

  // Requires: is_idle().
  void set_session(Session session, std::shared_ptr<const KeyTable> keys);
  // Forgets the session without a call; see Token::open(). Requires: is_idle().
  void abandon_session();
  bool has_session() const { return session_.is_open(); }

  std::uint32_t in_hand() const { return in_hand_.load(std::memory_order_seq_cst); }
  bool is_idle() const { return in_hand() == 0; }
  // Requires: has_session() and in_hand() < kOperationsMax.
  void give(Job* job);
  // A job that is completed, or null.
  Job* take_finished();

 private:
  void run();
  void complete(Job& job);

  TokenShared* shared_;
  Session session_;
  std::shared_ptr<const KeyTable> keys_;
  SpscRing<Job*, kOperationsMax> inbox_;
  // Twice the inbox: the dispatcher may give again before it takes back.
  SpscRing<Job*, 2 * kOperationsMax> finished_;
  Doorbell bell_;
  // Sequentially consistent with TokenShared::has_backlog: see run().
  std::atomic<std::uint32_t> in_hand_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace sealgate::hsm
