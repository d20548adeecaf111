// SPDX-License-Identifier: Apache-2.0
//
// Inspector has messages inspected for the shards: by the rules on content (ContentScanner), then
// by clamd. Its threads do the waiting, a shard never does:
//
//   auto inspector = SG_TRY(Inspector::create(config, wake_descriptors));   // Before the sandbox.
//   inspector->start();
//   inspector->submit(shard, id, SG_TRY(std::move(file).seal()));
//   for (engine::InspectionResult& result : inspector->poll(shard)) ...     // When woken.
//
// Threading: create(), start() and the destructor belong to one thread; submit(i) and poll(i) to
// the thread of shard i; is_scanner_running() to any.
// Invariants: each submission gives exactly one result, at the latest one timeout after it and
// whatever dies, except that the destructor drops what nobody polled. A shard never has more than
// queue_max submissions open, so no ring can be full.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "app/inspection/clamd.h"
#include "app/inspection/content_scanner.h"
#include "app/inspection/descriptor.h"
#include "app/inspection/inspection_config.h"
#include "app/inspection/message_file.h"
#include "base/result.h"
#include "base/ring.h"
#include "engine/api/inspection.h"
#include "hsm/dispatch/mpsc_ring.h"

namespace sealgate::app {

class Inspector {
 public:
  static constexpr std::uint32_t kQueueMax = 1024;
  static constexpr std::uint32_t kThreadsMax = 64;

  // Starts the scan program and looks up clamd. `wake_descriptors` has an eventfd for each shard,
  // which stays open as long as the Inspector and is written when results wait. Fails with
  // kInspectionLimitsInvalid, as ContentScanner::start() and as Clamd::create().
  // Requires: config.is_on(); this process may still start programs.
  static Result<std::unique_ptr<Inspector>> create(const InspectionConfig& config,
                                                   std::span<const int> wake_descriptors);
  ~Inspector();
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  // Starts the threads. Requires: not called before.
  void start();

  // Takes a message. The result comes by poll(), also where the queue is full.
  void submit(std::size_t shard, engine::MessageId id, SealedMessage message);

  // The results that wait, in any order; valid until the next call for this shard.
  std::span<engine::InspectionResult> poll(std::size_t shard);

  // False when the scan program is gone and only a restart brings it back.
  bool is_scanner_running() const;

 private:
  struct Job {
    engine::MessageId id;
    SealedMessage message;
    TimePoint deadline;
  };
  // The rings carry plain words: ownership goes with the address.
  struct Desk {
    int wake_descriptor = -1;
    std::size_t open = 0;  // The shard's: submitted and not yet polled.
    std::vector<engine::InspectionResult> refused;
    std::vector<engine::InspectionResult> polled;
    SpscRing<Job*, kQueueMax> jobs;
    hsm::MpscRing<engine::InspectionResult*, kQueueMax> results;
  };
  struct Taken {
    std::unique_ptr<Job> job;
    Desk* desk = nullptr;
  };

  explicit Inspector(const InspectionConfig& config) : config_(config) {}
  void run();
  Taken take_job();
  engine::InspectionResult inspect(const Job& job) const;
  void give_back(Desk& desk, engine::InspectionResult result);

  const InspectionConfig config_;
  std::unique_ptr<ContentScanner> scanner_;
  std::optional<Clamd> clamd_;
  std::vector<std::unique_ptr<Desk>> desks_;

  Descriptor job_count_;  // A semaphore: one for each job that no thread has begun.
  Descriptor stop_;
  std::atomic<bool> is_stopping_{false};
  // Between the threads that take jobs; no shard ever locks it.
  std::mutex taking_;
  std::size_t next_desk_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace sealgate::app
