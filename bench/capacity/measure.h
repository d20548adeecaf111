// SPDX-License-Identifier: Apache-2.0
//
// What the measuring programs report about themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sealgate::capacity {

using Clock = std::chrono::steady_clock;

// User and system time of the whole process so far, in seconds.
double cpu_seconds();

// Latencies of one window.
class Latencies {
 public:
  void add(Clock::duration latency);
  void add(const Latencies& other);
  std::size_t count() const { return micros_.size(); }
  // The latency that `share` (0 to 1) of all do not exceed (nearest rank); 0 when there are none.
  double quantile(double share);
  // p50_us, p99_us, p999_us and max_us.
  void write_to(nlohmann::ordered_json& report);

 private:
  std::vector<double> micros_;
  bool is_sorted_ = false;
};

// "127.0.0.1:2525" and "[::1]:2525" as an open socket's address; throws std::runtime_error.
struct Address {
  std::string host;
  std::string port;
};
Address parse_address(const std::string& text);

}  // namespace sealgate::capacity
