// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity/measure.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <sys/resource.h>

namespace sealgate::capacity {

double cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Latencies::add(Clock::duration latency) {
  micros_.push_back(std::chrono::duration<double, std::micro>(latency).count());
  is_sorted_ = false;
}

void Latencies::add(const Latencies& other) {
  micros_.insert(micros_.end(), other.micros_.begin(), other.micros_.end());
  is_sorted_ = false;
}

double Latencies::quantile(double share) {
  if (micros_.empty()) return 0;
  if (!is_sorted_) std::sort(micros_.begin(), micros_.end());
  is_sorted_ = true;
  const double rank = std::ceil(share * static_cast<double>(micros_.size()));
  const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return micros_[std::min(index, micros_.size() - 1)];
}

void Latencies::write_to(nlohmann::ordered_json& report) {
  const auto rounded = [&](double share) { return std::round(quantile(share) * 10) / 10; };
  report["p50_us"] = rounded(0.5);
  report["p99_us"] = rounded(0.99);
  report["p999_us"] = rounded(0.999);
  report["max_us"] = rounded(1);
}

Address parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    throw std::runtime_error("not HOST:PORT: " + text);
  }
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {.host = host, .port = text.substr(colon + 1)};
}

}  // namespace sealgate::capacity
