// SPDX-License-Identifier: Apache-2.0
//
// How netio is configured: who may connect, and where mail goes. app/ fills these from the
// configuration file; the class that uses them is netio/smtp/mail_service.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/api/envelope.h"
#include "netio/api/transport.h"

namespace sealgate::netio {

struct Timeouts {
  Duration command = std::chrono::minutes(5);     // RFC 5321, 4.5.3.2.7.
  Duration data_block = std::chrono::minutes(3);  // RFC 5321, 4.5.3.2.5.
  Duration connect = std::chrono::seconds(30);
  Duration reply = std::chrono::minutes(5);        // RFC 5321, 4.5.3.2.1 to .3.
  Duration data_end = std::chrono::minutes(10);    // RFC 5321, 4.5.3.2.6.
  Duration idle_reuse = std::chrono::seconds(30);  // How long an outgoing connection is kept.
};

struct ListenerSettings {
  Endpoint endpoint;  // Port 0 lets the kernel choose (tests).
  engine::Direction direction = engine::Direction::Outbound;
  bool speaks_lmtp = false;
  // Client networks in CIDR form that may relay through this listener. Empty: nobody.
  std::vector<std::string> relay_networks;
  // Client networks whose XFORWARD is believed.
  std::vector<std::string> forward_networks;
  std::uint64_t message_bytes_max = 100ULL << 20U;
  std::uint32_t recipients_max = 200;
  std::uint32_t connections_max = 1000;
  std::uint32_t connections_per_client_max = 100;
};

enum class RouteTls : std::uint8_t { None, Opportunistic, Required, Verified };

struct Route {
  // Recipient domains, lower case; ".example.org" matches sub-domains; "*" matches everything.
  // The first matching route of the list is taken.
  std::vector<std::string> domains;
  std::string name;                 // As configured, "host:port"; also checked by Verified.
  std::vector<Endpoint> endpoints;  // Resolved; tried in order.
  bool speaks_lmtp = false;
  RouteTls tls = RouteTls::Opportunistic;
  std::string tls_ca_file;  // PEM trust anchors for Verified; "" is the system's store.
  std::uint32_t connections_max = 20;
  bool sends_xforward = false;
};

struct MailServiceSettings {
  std::string hostname;  // Ours: in the greeting, HELO and Received.
  // The shard's number: the top 16 bits of every MessageId it gives.
  std::uint16_t shard = 0;
  // Free segments below which no message is begun (452 4.3.1), and below half of which messages
  // still coming in are given up, so that those already taken can be sent on.
  std::uint32_t segments_reserve = 64;
  std::vector<ListenerSettings> listeners;
  std::vector<Route> routes;
  Timeouts timeouts;
};

}  // namespace sealgate::netio
