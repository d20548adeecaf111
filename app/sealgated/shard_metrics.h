// SPDX-License-Identifier: Apache-2.0
//
// What one shard tells about itself. The shard publishes a few times a second; anybody may read.
//
// Threading: publish() belongs to the shard; read() to any thread. Each number is exact for some
// moment, together they may be a moment apart.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/message/pipeline.h"
#include "netio/smtp/mail_service.h"

namespace sealgate::app {

struct ShardNumbers {
  std::uint64_t turns = 0;
  std::uint64_t turns_long = 0;  // Above a millisecond.
  std::uint64_t turn_longest_nanos = 0;
  std::uint64_t last_turn_nanos = 0;  // When it ended, CLOCK_MONOTONIC.
  std::uint64_t generation = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t segments_free = 0;
  std::uint64_t audit_waits = 0;   // Turns that took no mail because the audit log was behind.
  std::uint64_t bytes_copied = 0;  // By copy_bytes on this shard's thread.
  engine::PipelineCounters pipeline;
  netio::MailServiceCounters mail;
};

class ShardMetrics {
 public:
  void publish(const ShardNumbers& numbers);
  ShardNumbers read() const;

 private:
  static_assert(sizeof(ShardNumbers) % sizeof(std::uint64_t) == 0);
  static constexpr std::size_t kWords = sizeof(ShardNumbers) / sizeof(std::uint64_t);

  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace sealgate::app
