// SPDX-License-Identifier: Apache-2.0
//
// FakeKeyQueue is a KeyQueue without token and threads: it signs, decrypts and derives with keys
// in memory, in a fixed order, and fails when the script says so. For the engine's tests and the
// simulator. Decrypting, it keeps the contract of KeyAction::DecryptKey: PKCS#1 v1.5 never fails.
//
// Time passes by poll(): an operation completes at the `latency_polls`-th poll after the one at
// which it could have completed at once. All is deterministic but for the random bytes inside
// signatures and for generated keys.
// Threading: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "hsm/api/key_queue.h"
#include "hsm/api/key_spec.h"

namespace sealgate::test_support {

class FakeKeyQueue final : public hsm::KeyQueue {
 public:
  FakeKeyQueue();
  ~FakeKeyQueue() override;

  // ---- Keys ----

  // A fresh key; RSA keys of one size are made once for each process and `index`.
  hsm::KeyId generate_key(hsm::KeyAlgorithm algorithm, std::uint32_t index = 0);
  // The first private key of a PEM file's text (PKCS#8 or traditional). Ends the process when
  // there is none.
  hsm::KeyId add_key_pem(std::string_view pem);
  // DER SubjectPublicKeyInfo, and PKCS#8 in PEM, of a key that was added.
  Bytes public_key(const hsm::KeyId& key) const;
  std::string private_key_pem(const hsm::KeyId& key) const;
  void remove_key(const hsm::KeyId& key);

  // ---- Script ----

  // Polls that an operation waits before it completes; 0: the next poll completes it.
  void set_latency_polls(std::uint32_t polls) { latency_polls_ = polls; }
  // Operations taken and not completed at any time; above that submit() takes less.
  void set_capacity(std::size_t operations) { capacity_ = operations; }
  // Completions of one poll.
  void set_completions_max(std::size_t completions) { completions_max_ = completions; }
  // Operations whose deadline is before this complete as DeadlinePassed.
  void set_now(TimePoint now) { now_ = now; }
  // While away, every operation completes as TokenUnavailable.
  void set_token_away(bool is_away) { is_token_away_ = is_away; }
  // The `nth` operation submitted from here on (0: the next) completes as `outcome`.
  void fail_operation(std::uint64_t nth, hsm::KeyOutcome outcome, std::int64_t detail = 0);
  // Completes in the reverse of the order of submission within one poll.
  void set_reversed(bool is_reversed) { is_reversed_ = is_reversed; }

  // ---- What happened ----

  const std::vector<hsm::KeyOperation>& operations() const { return recorded_; }
  // Forgets the recorded operations, which a long simulation has to do.
  void clear_operations() { recorded_.clear(); }
  std::uint64_t submitted() const { return submitted_; }
  std::uint64_t completed() const { return completed_; }
  std::size_t in_flight() const { return waiting_.size(); }

  // ---- KeyQueue ----

  std::size_t submit(std::span<const hsm::KeyOperation> operations) override;
  std::span<const hsm::KeyCompletion> poll() override;

 private:
  struct Key;
  struct Waiting {
    hsm::KeyOperation operation;
    std::uint64_t due_poll = 0;
    std::optional<hsm::KeyOutcome> scripted;
    std::int64_t detail = 0;
  };
  struct Failure {
    std::uint64_t at = 0;
    hsm::KeyOutcome outcome = hsm::KeyOutcome::TokenUnavailable;
    std::int64_t detail = 0;
  };

  const Key* find(const hsm::KeyId& id) const;
  hsm::KeyId add(std::unique_ptr<Key> key);
  hsm::KeyCompletion complete(const Waiting& waiting) const;

  std::vector<std::unique_ptr<Key>> keys_;
  std::deque<Waiting> waiting_;
  std::vector<Failure> failures_;
  std::vector<hsm::KeyCompletion> completions_;
  std::vector<hsm::KeyOperation> recorded_;
  std::uint64_t polls_ = 0;
  std::uint64_t submitted_ = 0;
  std::uint64_t completed_ = 0;
  std::uint32_t latency_polls_ = 0;
  std::size_t capacity_ = 1024;
  std::size_t completions_max_ = 1024;
  TimePoint now_{};
  bool is_token_away_ = false;
  bool is_reversed_ = false;
};

}  // namespace sealgate::test_support
