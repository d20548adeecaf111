// SPDX-License-Identifier: Apache-2.0
//
// A shard is one core's data plane: transport, SMTP, pipeline and key queue, on one pinned
// thread. Connections and messages live and die on it; it shares nothing but rings and immutable
// snapshots.
//
// Threading: create() and open_listeners() run on the main thread before start(). adopt(),
// begin_drain() and stop() belong to the main thread. metrics() may be read from any thread.
// Invariants: stop() or a finished drain ends the thread; join() returns afterwards. A snapshot
// handed to adopt() is kept alive by the main thread as long as the shard may hold it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "app/config/node_config.h"
#include "app/sealgated/audit_log.h"
#include "app/sealgated/shard_metrics.h"
#include "app/sealgated/wake.h"
#include "base/random.h"
#include "base/ring.h"
#include "base/segment.h"
#include "engine/message/pipeline.h"
#include "hsm/api/key_queue.h"
#include "netio/smtp/mail_service.h"
#include "netio/uring/uring_transport.h"

namespace sealgate::app {

// What the shard's MailService is made with: check_settings() takes it.
netio::MailServiceSettings mail_settings(const NodeConfig& config, std::size_t shard);

class Shard {
 public:
  // The memory and the ring of shard number `index`. Fails as SegmentPool and UringTransport do.
  static Result<std::unique_ptr<Shard>> create(const NodeConfig& config, std::size_t index);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // The transport, to add listeners before start(). Requires: not started.
  netio::UringTransport& transport() { return *transport_; }

  // What the shard's key queue has to notify; valid as long as the shard.
  int wake_descriptor() const { return wake_->descriptor(); }

  // Begins to work. `keys` and `audit` outlive the shard's thread.
  void start(std::unique_ptr<hsm::KeyQueue> keys, AuditQueue& audit,
             std::shared_ptr<const engine::Snapshot> snapshot);

  void adopt(std::shared_ptr<const engine::Snapshot> snapshot);
  void begin_drain();
  void stop();
  void join();
  // Whether it was started and not joined.
  bool is_running() const { return thread_.joinable(); }
  // Whether the thread has done its work: join() does not wait.
  bool has_ended() const { return has_ended_.load(std::memory_order_acquire); }

  const ShardMetrics& metrics() const { return metrics_; }

 private:
  using SnapshotPointer = std::shared_ptr<const engine::Snapshot>;

  enum class Order : std::uint8_t { Adopt, Drain, Stop };
  struct Command {
    Order order = Order::Stop;
    SnapshotPointer* snapshot = nullptr;  // Owned; of Adopt.
  };

  Shard(const NodeConfig& config, std::size_t index, std::unique_ptr<SegmentPool> pool,
        std::unique_ptr<netio::UringTransport> transport);
  void command(Command order);
  void run();
  void pin() const;
  // Carries out what the main thread ordered; whether there was anything.
  bool obey();
  void turn();
  Duration patience(TimePoint now) const;
  void measure(TimePoint begun, TimePoint ended);
  void publish(TimePoint now);

  const NodeConfig& config_;
  const std::size_t index_;
  SystemRandom random_;
  std::unique_ptr<SegmentPool> pool_;
  std::unique_ptr<netio::UringTransport> transport_;
  // A duplicate of the transport's: the dispatcher may still write when the transport is gone.
  std::unique_ptr<WakeSignal> wake_;
  std::unique_ptr<netio::MailService> mail_;
  std::unique_ptr<engine::Pipeline> pipeline_;
  std::unique_ptr<hsm::KeyQueue> keys_;
  AuditQueue* audit_ = nullptr;
  SnapshotPointer snapshot_;

  SpscRing<Command, 64> commands_;
  bool is_draining_ = false;
  bool is_stopping_ = false;

  ShardNumbers numbers_;
  TimePoint published_at_{};
  ShardMetrics metrics_;
  std::atomic<bool> has_ended_{false};
  std::thread thread_;
};

}  // namespace sealgate::app
