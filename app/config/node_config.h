// SPDX-License-Identifier: Apache-2.0
//
// The configuration of one node as the programs use it, and how it is read from sealgate.toml
// and conf.d/*.toml beside it. Reading looks at these files alone; names of next hops are looked
// up by resolve_routes(), at start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/config/problem.h"
#include "base/clock.h"
#include "engine/message/pipeline.h"
#include "hsm/api/token_settings.h"
#include "netio/api/mail_service.h"

namespace sealgate::app {

inline constexpr const char* kConfigFileStandard = "/etc/sealgate/sealgate.toml";

// Of one configuration file. Real ones have a few KiB.
inline constexpr std::uint64_t kConfigBytesMax = 1ULL << 20U;

// What is worked on in one process.
inline constexpr std::size_t kListenersMax = 64;
inline constexpr std::size_t kRoutesMax = 1000;
inline constexpr std::size_t kTokensMax = 16;
inline constexpr std::size_t kShardsMax = 256;
inline constexpr std::size_t kNextHopsMax = 16;

struct TokenConfig {
  hsm::TokenSettings settings;
  std::string place;  // In the configuration, for messages.
};

struct NextHop {
  std::string host;  // A name, or a numeric address without brackets.
  std::uint16_t port = 0;
  auto operator<=>(const NextHop&) const = default;
};

struct RouteConfig {
  netio::Route route;  // `endpoints` are empty until resolve_routes().
  std::vector<NextHop> next_hops;
  std::string place;
};

struct HsmConfig {
  std::uint32_t batch_operations_max = 0;
  Duration batch_delay_max{};
  Duration recovery_pause_min{};
  Duration recovery_pause_max{};
};

struct NodeConfig {
  std::string file;  // The file it was read from.
  std::string hostname;
  std::string user;  // "" keeps the user.
  std::string state_directory;
  std::string policy_file;
  std::string status_socket;
  std::string audit_log;
  bool is_sandboxed = true;

  std::vector<std::uint32_t> cores;  // Empty: one shard, not pinned.
  std::uint32_t segments = 0;        // Of each shard.
  std::uint32_t segments_reserve = 0;
  std::uint32_t next_hop_connections_max = 0;

  std::vector<netio::ListenerSettings> listeners;
  std::vector<RouteConfig> routes;
  std::vector<TokenConfig> tokens;
  HsmConfig hsm;
  netio::Timeouts timeouts;
  engine::PipelineSettings pipeline;
  Duration drain_timeout{};

  std::size_t shard_count() const { return cores.empty() ? 1 : cores.size(); }
};

// What a program may do with a configuration: the daemon needs listeners and tokens, the command
// line does without.
enum class ConfigUse : std::uint8_t { Daemon, Offline };

// The configuration in `file` and its conf.d; nothing when there was a problem.
std::optional<NodeConfig> load_config(const std::string& file, ConfigUse use, Problems& problems);

// Looks up every next hop (getaddrinfo; may wait for DNS) and fills Route::endpoints.
void resolve_routes(NodeConfig& config, Problems& problems);

// "127.0.0.1:25", "[::1]:25", "mail.example.org:25"; nothing when it is none of these. Brackets
// may also stand around a name or an IPv4 address, as mail administrators write it.
std::optional<NextHop> parse_host_and_port(std::string_view text);

}  // namespace sealgate::app
