// SPDX-License-Identifier: Apache-2.0
//
// DeliveryJob is the part of a Delivery that goes to one route, on its way through the machines.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/api/mail_io.h"

namespace sealgate::netio {

struct DeliveryJob {
  std::uint64_t ticket = 0;                           // Of the Delivery it is a part of.
  std::vector<std::size_t> places;                    // Where its recipients stand in the Delivery.
  engine::Delivery delivery;                          // With this part's recipients only.
  std::vector<std::optional<engine::Reply>> results;  // One for each recipient.
  std::size_t endpoint = 0;                           // Of the route: where to try.
  std::uint32_t tries = 0;                            // Connections it was given to.
  bool tries_plain = false;  // Opportunistic TLS has failed on this endpoint.

  void fill_open_results(const engine::Reply& reply) {
    for (auto& result : results) {
      if (!result) result = reply;
    }
  }
};

}  // namespace sealgate::netio
