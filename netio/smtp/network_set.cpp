// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/network_set.h"

#include <algorithm>
#include <arpa/inet.h>

#include "netio/smtp/errors.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {
constexpr unsigned kMappedBits = 96;  // The prefix ::ffff:0:0/96.
}

bool NetworkSet::parse_address(std::string_view text, Address& address, bool& is_v4) {
  const std::string terminated(text);
  if (terminated.find('\0') != terminated.npos) return false;
  in_addr v4{};
  is_v4 = inet_pton(AF_INET, terminated.c_str(), &v4) == 1;
  if (!is_v4) return inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
  address.fill(0);
  address[10] = 0xFF;
  address[11] = 0xFF;
  const std::uint32_t bits = ntohl(v4.s_addr);
  for (unsigned i = 0; i < 4; ++i) {
    address[12 + i] = static_cast<std::uint8_t>(bits >> (24U - 8U * i));
  }
  return true;
}

bool NetworkSet::has_prefix(const Address& address, const Network& network) {
  const unsigned whole = network.prefix_bits / 8;
  if (!std::equal(address.begin(), address.begin() + whole, network.address.begin())) return false;
  const unsigned rest = network.prefix_bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8U - rest) & 0xFFU;
  return ((address[whole] ^ network.address[whole]) & mask) == 0;
}

Result<NetworkSet> NetworkSet::parse(std::span<const std::string> networks) {
  NetworkSet set;
  for (const std::string_view text : networks) {
    const std::size_t slash = text.find('/');
    Network network;
    bool is_v4 = false;
    if (!parse_address(text.substr(0, slash), network.address, is_v4)) return kNetworkInvalid;
    const unsigned bits_max = is_v4 ? 32 : 128;
    network.prefix_bits = bits_max;
    if (slash != text.npos) {
      const auto bits = parse_number(text.substr(slash + 1));
      if (!bits || *bits > bits_max) return kNetworkInvalid;
      network.prefix_bits = static_cast<unsigned>(*bits);
    }
    if (is_v4) network.prefix_bits += kMappedBits;
    // 192.0.2.1/24 is a slip of the pen: did the author mean the host or the network?
    for (unsigned bit = network.prefix_bits; bit < 128; ++bit) {
      if (((unsigned{network.address[bit / 8]} >> (7U - bit % 8)) & 1U) != 0)
        return kNetworkInvalid;
    }
    set.networks_.push_back(network);
  }
  return set;
}

bool NetworkSet::contains(std::string_view address) const {
  Address parsed{};
  bool is_v4 = false;
  if (!parse_address(address, parsed, is_v4)) return false;
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return has_prefix(parsed, network); });
}

bool is_numeric_address(std::string_view address) {
  const std::string terminated(address);
  if (terminated.find('\0') != terminated.npos) return false;
  in6_addr any{};
  return inet_pton(AF_INET, terminated.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, terminated.c_str(), &any) == 1;
}

}  // namespace sealgate::netio
