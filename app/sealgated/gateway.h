// SPDX-License-Identifier: Apache-2.0
//
// Gateway is the running sealgated: it starts everything in the right order, answers signals
// (SIGHUP loads policy and certificates anew, SIGTERM drains) and ends everything in order.
//
// Threading: everything here runs on the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config/node_config.h"
#include "app/sealgated/audit_log.h"
#include "app/sealgated/shard.h"
#include "app/sealgated/startup.h"
#include "app/sealgated/status_server.h"
#include "hsm/dispatch/dispatcher.h"

namespace sealgate::app {

class Gateway {
 public:
  explicit Gateway(std::string config_file) : config_file_(std::move(config_file)) {}
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Runs until SIGTERM or SIGINT. The exit code: 0, or one of sysexits.h when it could not start.
  // Requires: signals are blocked by block_signals() in every thread.
  int run();

 private:
  using SnapshotPointer = std::shared_ptr<const engine::Snapshot>;

  bool start(StartFailure& failure);
  bool read_configuration(StartFailure& failure);
  bool open_network(StartFailure& failure);
  bool load_first_snapshot(StartFailure& failure);
  bool open_keys(StartFailure& failure);
  bool drop_privileges(StartFailure& failure);
  bool open_outputs(StartFailure& failure);
  bool begin_work(StartFailure& failure);

  void serve();
  void reload();
  void watch_tokens();
  void forget_old_snapshots();
  bool is_alive() const;
  void drain();
  StatusFacts status_facts() const;

  std::string config_file_;
  std::optional<NodeConfig> config_;
  // The shards' wake descriptors must outlive the dispatcher, which is declared after them.
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<netio::Endpoint> endpoints_;
  // The newest is the last; older ones stay while a shard may hold them, so that none is ever
  // destroyed on a shard's thread.
  std::vector<SnapshotPointer> snapshots_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<hsm::Dispatcher> dispatcher_;
  std::unique_ptr<StatusServer> status_;

  int signal_descriptor_ = -1;
  Now started_{};
  std::uint64_t generation_ = 0;
  std::vector<hsm::TokenState> token_states_;
  bool is_memory_locked_ = false;
  // Read by the status thread.
  std::atomic<std::uint64_t> published_generation_{0};
  std::atomic<std::uint64_t> reloads_refused_{0};
  std::atomic<bool> is_draining_{false};
};

// Blocks the signals that the gateway waits for; threads made later inherit it.
void block_signals();

}  // namespace sealgate::app
