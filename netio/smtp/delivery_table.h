// SPDX-License-Identifier: Apache-2.0
//
// DeliveryTable parts a Delivery into one job for each route its recipients take, and puts the
// results of the jobs together again in the recipients' order.
//
// Threading: one shard thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/mail_io.h"
#include "netio/api/mail_service.h"
#include "netio/smtp/delivery_job.h"

namespace sealgate::netio {

class DeliveryTable {
 public:
  // `routes` outlives the table; finished deliveries are appended to `events`.
  DeliveryTable(std::span<const Route> routes, std::vector<engine::IoEvent>& events)
      : routes_(routes), events_(events) {}

  struct RoutedJob {
    std::size_t route = 0;
    DeliveryJob job;
  };
  // The jobs of `delivery`. Recipients without a route have 550 5.1.2 as their result.
  std::vector<RoutedJob> begin(engine::Delivery delivery);

  // Requires: `job` came from begin() and has all its results.
  void finish(const DeliveryJob& job, const std::string& next_hop);

  std::size_t open_count() const { return open_.size(); }

 private:
  struct Open {
    engine::DeliveryFinished finished;
    std::size_t jobs_left = 0;
  };
  void report(std::map<std::uint64_t, Open>::iterator done);

  std::span<const Route> routes_;
  std::vector<engine::IoEvent>& events_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace sealgate::netio
