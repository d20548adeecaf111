// SPDX-License-Identifier: Apache-2.0
//
// The SMTP envelope of one message, as the client gave it (RFC 5321, 3.3; RFC 3461).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sealgate::engine {

// Unique within one shard for the life of the process.
struct MessageId {
  std::uint64_t value = 0;
  auto operator<=>(const MessageId&) const = default;
};

// Which way a message goes is a property of the listener it came in by.
enum class Direction : std::uint8_t { Outbound, Inbound };

enum class Protocol : std::uint8_t { Smtp, Lmtp };

// RFC 6152, RFC 3030: what the client declared with BODY=.
enum class BodyType : std::uint8_t { SevenBit, EightBitMime, BinaryMime };

// RFC 3461, 4.3: how much of the message a DSN returns. Unset leaves it to us: headers.
enum class DsnReturn : std::uint8_t { Unset, Full, Headers };

// RFC 3461, 4.1. Default is what a recipient without NOTIFY gets: failure and delay.
struct DsnNotify {
  bool is_default = true;
  bool never = false;
  bool success = false;
  bool failure = true;
  bool delay = true;
};

struct Recipient {
  std::string address;  // Without angle brackets, at most kAddressBytesMax octets.
  DsnNotify notify;
  std::string original;  // ORCPT as given, still xtext-encoded (RFC 3461, 4.2); may be empty.
};

// What a trusted Postfix in front says of its own client (XFORWARD). "" where not given.
struct ForwardedClient {
  std::string name;
  std::string address;
  std::string helo;
  std::string protocol;
  std::string identity;  // Its queue id: quoted in our log, so that both logs can be joined.
};

struct Envelope {
  Direction direction = Direction::Outbound;
  Protocol protocol = Protocol::Smtp;
  std::string client_address;  // Numeric, IPv4 or IPv6.
  std::string client_helo;
  bool is_extended = true;  // EHLO or LHLO rather than HELO: decides "with" in Received.
  ForwardedClient forwarded;
  std::string sender;                 // "" is the null reverse-path.
  std::vector<Recipient> recipients;  // In the order of RCPT, 1 to kRecipientsMax.
  bool needs_smtputf8 = false;
  BodyType body = BodyType::SevenBit;
  DsnReturn dsn_return = DsnReturn::Unset;
  std::string dsn_id;  // ENVID as given, still xtext-encoded.
};

}  // namespace sealgate::engine
