// SPDX-License-Identifier: Apache-2.0
//
// Remembers recipients that are settled although their client was told 4xx, or nothing, and will
// therefore send the message once more. In memory and of bounded size: what it forgets is
// delivered twice, never lost.
//
// A message is recognised in two steps, so that the usual message costs no digest: its print
// (sender, Message-ID, size) must be here; then the digest of its content must match. A message
// with neither Message-ID nor Date is never recognised: delivered twice is better than lost.
//
// Threading: one shard. A client that comes back to another shard is not recognised.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sealgate::engine {

using ContentDigest = std::array<std::uint8_t, 32>;  // SHA-256.

struct MessagePrint {
  ContentDigest digest{};
  auto operator<=>(const MessagePrint&) const = default;
};

MessagePrint message_print(std::string_view sender, std::string_view message_id,
                           std::uint64_t size);

class DeliveryMemory {
 public:
  // An entry is one recipient.
  DeliveryMemory(std::uint32_t entries_max, Duration keep_for);

  enum class Knowledge : std::uint8_t {
    None,
    Pending,  // An earlier attempt is still on its way: its outcome is not known.
    Settled,  // Some message with this print has settled recipients: compare the content.
  };
  Knowledge look_up(const MessagePrint& print) const;

  // Which recipients (exact addresses) of the message are settled.
  std::set<std::string> settled(const MessagePrint& print, const ContentDigest& content) const;

  // Each begin() is followed by one end(); between them look_up() says Pending.
  void begin(const MessagePrint& print);
  void end(const MessagePrint& print);

  // Adds to what is known of the message. The oldest messages make room.
  void remember(const MessagePrint& print, const ContentDigest& content,
                const std::vector<std::string>& recipients, TimePoint now);
  // The client has its final answer.
  void forget(const MessagePrint& print, const ContentDigest& content);

  void expire(TimePoint now);
  std::uint32_t size() const { return entries_; }

 private:
  struct Record {
    ContentDigest content{};
    std::set<std::string> recipients;
    TimePoint expires_at;
  };
  struct Age {
    MessagePrint print;
    ContentDigest content;
    TimePoint expires_at;
  };
  void drop(const Age& age);

  std::uint32_t entries_max_;
  Duration keep_for_;
  std::uint32_t entries_ = 0;
  std::multimap<MessagePrint, Record> records_;
  std::map<MessagePrint, std::uint32_t> pending_;
  std::deque<Age> ages_;  // Oldest first; an age whose record has a later expiry is stale.
};

}  // namespace sealgate::engine
