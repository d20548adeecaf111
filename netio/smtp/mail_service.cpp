// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/mail_service.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "netio/smtp/client_desk.h"
#include "netio/smtp/delivery_table.h"
#include "netio/smtp/next_hop.h"

namespace sealgate::netio {

class MailService::Machinery {
 public:
  Machinery(MailServiceSettings settings, Transport& transport, SegmentPool& pool)
      : settings_(std::move(settings)), transport_(transport), pool_(pool) {
    for (const Route& route : settings_.routes) next_hops_.emplace_back(next_hop_shard_, route);
  }

  std::span<engine::IoEvent> poll(TimePoint now, Duration patience);
  void submit(engine::IoAction& action, TimePoint now);
  std::optional<TimePoint> next_due() const;
  void begin_drain(TimePoint now);
  bool is_drained() const;
  const MailServiceCounters& counters();

 private:
  void take(TransportEvent& event, TimePoint now);
  void compact(Slice& bytes);
  void collect(NextHop& next_hop);

  const MailServiceSettings settings_;
  Transport& transport_;
  SegmentPool& pool_;
  std::vector<engine::IoEvent> events_;  // For the next poll().
  std::vector<engine::IoEvent> given_;   // By the last one.
  MailServiceCounters counters_;
  ChainWriter replies_{pool_};
  ChainWriter compacted_{pool_};
  TimerHeap timers_;
  std::map<ConnectionId, NextHop*> owners_;
  std::map<std::string, std::unique_ptr<TlsClientContext>> tls_contexts_;
  ServerShard server_shard_{settings_, pool_, replies_, events_, counters_};
  ClientShard client_shard_{settings_.hostname, settings_.timeouts, replies_, counters_};
  NextHopShard next_hop_shard_{client_shard_, transport_, timers_,
                               counters_,     owners_,    tls_contexts_};
  ClientDesk clients_{server_shard_, transport_, timers_};
  DeliveryTable deliveries_{settings_.routes, events_};
  std::deque<NextHop> next_hops_;
};

std::span<engine::IoEvent> MailService::Machinery::poll(TimePoint now, Duration patience) {
  given_.clear();
  const auto due = timers_.next();
  if (!events_.empty()) patience = Duration::zero();
  if (due) patience = std::min(patience, std::max(*due - now, Duration::zero()));
  const std::span<TransportEvent> happened = transport_.poll(patience);
  for (const TransportEvent& event : happened) {
    if (event.kind != TransportEvent::Kind::Closed) continue;
    clients_.mark_gone(event.connection);
    const auto owner = owners_.find(event.connection);
    if (owner != owners_.end()) owner->second->mark_gone(event.connection);
  }
  for (TransportEvent& event : happened) take(event, now);
  while (const auto connection = timers_.take_due(now)) {
    const auto owner = owners_.find(*connection);
    if (owner == owners_.end()) {
      clients_.expire(*connection, now);
    } else {
      NextHop& next_hop = *owner->second;
      next_hop.expire(*connection, now);
      collect(next_hop);
    }
  }
  std::swap(given_, events_);
  return given_;
}

void MailService::Machinery::take(TransportEvent& event, TimePoint now) {
  if (event.kind == TransportEvent::Kind::Received) compact(event.bytes);
  const auto owner = owners_.find(event.connection);
  if (owner == owners_.end()) return clients_.take(event, now);
  NextHop& next_hop = *owner->second;
  next_hop.take(event, now);
  collect(next_hop);
}

// A client that sends a few bytes at a time holds a whole segment with each. Where segments run
// short, copying those bytes together is the smaller evil.
void MailService::Machinery::compact(Slice& bytes) {
  constexpr std::size_t kSmallBytes = kSegmentBytes / 16;
  const bool is_short = pool_.free_count() < pool_.size() / 2;
  if (!is_short || bytes.bytes.size() > kSmallBytes) return;
  const Result<MutableBytes> room = compacted_.reserve(bytes.bytes.size());
  if (!room) return;
  copy_bytes(room.value(), bytes.bytes);
  compacted_.commit(bytes.bytes.size());
  bytes = compacted_.take().slices().front();
}

void MailService::Machinery::collect(NextHop& next_hop) {
  for (const DeliveryJob& job : next_hop.take_finished()) {
    ++counters_.deliveries_finished;
    deliveries_.finish(job, next_hop.name());
  }
}

void MailService::Machinery::submit(engine::IoAction& action, TimePoint now) {
  if (const auto* answer = std::get_if<engine::Answer>(&action))
    return clients_.answer(*answer, now);
  auto& delivery = std::get<engine::Delivery>(action);
  for (auto& [route, job] : deliveries_.begin(std::move(delivery))) {
    next_hops_[route].submit(std::move(job), now);
    collect(next_hops_[route]);
  }
}

std::optional<TimePoint> MailService::Machinery::next_due() const {
  if (!events_.empty()) return TimePoint::min();
  return timers_.next();
}

void MailService::Machinery::begin_drain(TimePoint now) {
  server_shard_.is_draining = true;
  clients_.begin_drain(now);
  for (NextHop& next_hop : next_hops_) next_hop.begin_drain(now);
}

bool MailService::Machinery::is_drained() const {
  return server_shard_.is_draining && clients_.client_count() == 0 && owners_.empty() &&
         deliveries_.open_count() == 0 && events_.empty();
}

const MailServiceCounters& MailService::Machinery::counters() {
  counters_.clients_open = static_cast<std::uint32_t>(clients_.client_count());
  counters_.next_hops_open = static_cast<std::uint32_t>(owners_.size());
  counters_.deliveries_open = static_cast<std::uint32_t>(deliveries_.open_count());
  counters_.messages_open = static_cast<std::uint32_t>(clients_.message_count());
  return counters_;
}

MailService::MailService(MailServiceSettings settings, Transport& transport, SegmentPool& pool) {
  SG_CHECK(check_settings(settings).has_value());
  machinery_ = std::make_unique<Machinery>(std::move(settings), transport, pool);
}

MailService::~MailService() = default;

std::span<engine::IoEvent> MailService::poll(TimePoint now, Duration patience) {
  return machinery_->poll(now, patience);
}

void MailService::submit(std::vector<engine::IoAction>&& actions, TimePoint now) {
  for (engine::IoAction& action : actions) machinery_->submit(action, now);
  actions.clear();
}

std::optional<TimePoint> MailService::next_due() const {
  return machinery_->next_due();
}

void MailService::begin_drain(TimePoint now) {
  machinery_->begin_drain(now);
}

bool MailService::is_drained() const {
  return machinery_->is_drained();
}

const MailServiceCounters& MailService::counters() const {
  return machinery_->counters();
}

}  // namespace sealgate::netio
