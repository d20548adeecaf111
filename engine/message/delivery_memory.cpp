// SPDX-License-Identifier: Apache-2.0
#include "engine/message/delivery_memory.h"

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"

namespace sealgate::engine {

MessagePrint message_print(std::string_view sender, std::string_view message_id,
                           std::uint64_t size) {
  // Lengths in front, so that no two triples give one text.
  std::string text = std::to_string(sender.size()) + ":" + std::string(sender);
  text += std::to_string(message_id.size()) + ":" + std::string(message_id);
  text += std::to_string(size);
  MessagePrint print;
  const int is_done =
      EVP_Digest(text.data(), text.size(), print.digest.data(), nullptr, EVP_sha256(), nullptr);
  SG_CHECK(is_done == 1);
  return print;
}

DeliveryMemory::DeliveryMemory(std::uint32_t entries_max, Duration keep_for)
    : entries_max_(entries_max), keep_for_(keep_for) {}

DeliveryMemory::Knowledge DeliveryMemory::look_up(const MessagePrint& print) const {
  if (pending_.contains(print)) return Knowledge::Pending;
  return records_.contains(print) ? Knowledge::Settled : Knowledge::None;
}

std::set<std::string> DeliveryMemory::settled(const MessagePrint& print,
                                              const ContentDigest& content) const {
  const auto [begin, end] = records_.equal_range(print);
  for (auto record = begin; record != end; ++record) {
    if (record->second.content == content) return record->second.recipients;
  }
  return {};
}

void DeliveryMemory::begin(const MessagePrint& print) {
  ++pending_[print];
}

void DeliveryMemory::end(const MessagePrint& print) {
  const auto found = pending_.find(print);
  SG_CHECK(found != pending_.end());
  if (--found->second == 0) pending_.erase(found);
}

void DeliveryMemory::remember(const MessagePrint& print, const ContentDigest& content,
                              const std::vector<std::string>& recipients, TimePoint now) {
  if (recipients.empty()) return;
  std::set<std::string> all = settled(print, content);
  all.insert(recipients.begin(), recipients.end());
  forget(print, content);
  if (all.size() > entries_max_) return;
  while (entries_ + all.size() > entries_max_) {
    SG_CHECK(!ages_.empty());
    drop(ages_.front());
    ages_.pop_front();
  }
  const TimePoint expires_at = now + keep_for_;
  entries_ += static_cast<std::uint32_t>(all.size());
  records_.emplace(
      print, Record{.content = content, .recipients = std::move(all), .expires_at = expires_at});
  ages_.push_back({.print = print, .content = content, .expires_at = expires_at});
}

void DeliveryMemory::forget(const MessagePrint& print, const ContentDigest& content) {
  const auto [begin, end] = records_.equal_range(print);
  for (auto record = begin; record != end; ++record) {
    if (record->second.content != content) continue;
    entries_ -= static_cast<std::uint32_t>(record->second.recipients.size());
    records_.erase(record);
    return;
  }
}

void DeliveryMemory::drop(const Age& age) {
  const auto [begin, end] = records_.equal_range(age.print);
  for (auto record = begin; record != end; ++record) {
    const bool is_it =
        record->second.content == age.content && record->second.expires_at == age.expires_at;
    if (!is_it) continue;
    entries_ -= static_cast<std::uint32_t>(record->second.recipients.size());
    records_.erase(record);
    return;
  }
}

void DeliveryMemory::expire(TimePoint now) {
  while (!ages_.empty() && ages_.front().expires_at <= now) {
    drop(ages_.front());
    ages_.pop_front();
  }
}

}  // namespace sealgate::engine
