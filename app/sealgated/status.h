// SPDX-License-Identifier: Apache-2.0
//
// How the gateway is doing, as one JSON object: what `sealgate status` and monitoring read.
#pragma once

#include <string>
#include <vector>

#include "app/sealgated/shard_metrics.h"
#include "base/clock.h"
#include "hsm/api/token_status.h"
#include "netio/api/transport.h"

namespace sealgate::app {

struct ListenerStatus {
  netio::Endpoint endpoint;
  bool is_outbound = true;
  bool speaks_lmtp = false;
};

struct StatusFacts {
  std::string version;
  std::string hostname;
  std::uint64_t pid = 0;
  WallTime started{};
  Duration uptime{};
  std::uint64_t generation = 0;
  std::uint64_t reloads_refused = 0;
  bool is_draining = false;
  bool is_sandboxed = false;
  bool is_memory_locked = false;
  std::uint64_t audit_written = 0;
  std::uint64_t audit_failures = 0;
  std::uint32_t segments = 0;  // Of each shard.
  std::vector<ListenerStatus> listeners;
  std::vector<ShardNumbers> shards;
  std::vector<hsm::TokenStatus> tokens;
};

// "operational"; "degraded" while a token is away; "locked" when no token can be used.
std::string_view state_of(const StatusFacts& facts);

// One line of JSON with a line end. The keys are described in sealgate(8).
std::string status_json(const StatusFacts& facts);

}  // namespace sealgate::app
