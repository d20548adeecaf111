// SPDX-License-Identifier: Apache-2.0
//
// NetworkSet says whether a client's address lies in one of the configured networks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sealgate::netio {

class NetworkSet {
 public:
  // Networks in CIDR form; an address without a prefix length stands for itself. An IPv4-mapped
  // IPv6 address counts as the IPv4 address. Fails with kNetworkInvalid.
  static Result<NetworkSet> parse(std::span<const std::string> networks);

  // False where `address` is not numeric.
  bool contains(std::string_view address) const;

 private:
  // IPv4 is held as ::ffff:a.b.c.d, so that one comparison serves both.
  using Address = std::array<std::uint8_t, 16>;
  struct Network {
    Address address{};
    unsigned prefix_bits = 0;
  };
  static bool parse_address(std::string_view text, Address& address, bool& is_v4);
  static bool has_prefix(const Address& address, const Network& network);

  std::vector<Network> networks_;
};

// Whether `address` is a numeric IPv4 or IPv6 address.
bool is_numeric_address(std::string_view address);

}  // namespace sealgate::netio
