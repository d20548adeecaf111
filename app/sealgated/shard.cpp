// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/shard.h"

#include <algorithm>
#include <bit>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <utility>

#include "app/sealgated/clock.h"
#include "app/sealgated/log.h"
#include "engine/message/snapshot.h"
#include "engine/message/turn.h"

namespace sealgate::app {
namespace {

// The longest sleep: keeps the watchdog's sign of life fresh.
constexpr Duration kSleepMax = std::chrono::seconds(1);
constexpr Duration kPublishPause = std::chrono::milliseconds(100);
constexpr Duration kTurnLong = std::chrono::milliseconds(1);
constexpr Duration kAuditPause = std::chrono::milliseconds(20);

netio::UringOptions uring_options(const NodeConfig& config) {
  netio::UringOptions options;
  options.accepted_max = 0;
  for (const netio::ListenerSettings& listener : config.listeners) {
    options.accepted_max += listener.connections_max;
  }
  options.connected_max = config.next_hop_connections_max;
  // A sixteenth of the pool: enough for bursts, and most stays for messages being written.
  options.lent_segments_max = std::bit_floor(std::clamp(config.segments / 16, 16U, 1024U));
  return options;
}

}  // namespace

netio::MailServiceSettings mail_settings(const NodeConfig& config, std::size_t shard) {
  netio::MailServiceSettings settings;
  settings.hostname = config.hostname;
  settings.shard = static_cast<std::uint16_t>(shard);
  settings.segments_reserve = config.segments_reserve;
  settings.listeners = config.listeners;
  for (const RouteConfig& route : config.routes) {
    settings.routes.push_back(route.route);
  }
  settings.timeouts = config.timeouts;
  return settings;
}

Result<std::unique_ptr<Shard>> Shard::create(const NodeConfig& config, std::size_t index) {
  std::unique_ptr<SegmentPool> pool = SG_TRY(SegmentPool::create(config.segments));
  std::unique_ptr<netio::UringTransport> transport =
      SG_TRY(netio::UringTransport::create(*pool, uring_options(config)));
  return std::unique_ptr<Shard>(new Shard(config, index, std::move(pool), std::move(transport)));
}

Shard::Shard(const NodeConfig& config, std::size_t index, std::unique_ptr<SegmentPool> pool,
             std::unique_ptr<netio::UringTransport> transport)
    : config_(config),
      index_(index),
      pool_(std::move(pool)),
      transport_(std::move(transport)),
      wake_(std::make_unique<WakeSignal>(transport_->wake_fd())) {}

Shard::~Shard() {
  if (thread_.joinable()) {
    stop();
    join();
  }
}

void Shard::start(std::unique_ptr<hsm::KeyQueue> keys, AuditQueue& audit,
                  SnapshotPointer snapshot) {
  keys_ = std::move(keys);
  audit_ = &audit;
  snapshot_ = std::move(snapshot);
  mail_ = std::make_unique<netio::MailService>(mail_settings(config_, index_), *transport_, *pool_);
  pipeline_ = std::make_unique<engine::Pipeline>(config_.pipeline, *pool_, random_);
  thread_ = std::thread([this] { run(); });
}

void Shard::command(Command order) {
  // The shard empties the ring each turn and a turn is bounded: room comes soon.
  while (commands_.push({&order, 1}) == 0) {
    wake_->notify();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  wake_->notify();
}

void Shard::adopt(SnapshotPointer snapshot) {
  command(Command{Order::Adopt, new SnapshotPointer(std::move(snapshot))});
}

void Shard::begin_drain() {
  command(Command{Order::Drain, nullptr});
}

void Shard::stop() {
  command(Command{Order::Stop, nullptr});
}

void Shard::join() {
  thread_.join();
}

void Shard::pin() const {
  const std::string name = "shard" + std::to_string(index_);
  pthread_setname_np(pthread_self(), name.c_str());
  if (config_.cores.empty()) {
    return;
  }
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(config_.cores[index_], &cores);
  const int failure = pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
  if (failure != 0) {
    log_event(LogLevel::Warning, "shard_not_pinned",
              {{"shard", index_},
               {"core", config_.cores[index_]},
               {"errno", static_cast<std::uint64_t>(failure)}});
  }
}

void Shard::run() {
  pin();
  while (!is_stopping_ && !(is_draining_ && mail_->is_drained() && pipeline_->in_flight() == 0 &&
                            !audit_->is_behind())) {
    turn();
  }
  publish(monotonic_now());
  // On this thread, because the transport belongs to it; the messages' buffers go before the pool.
  mail_.reset();
  pipeline_.reset();
  transport_.reset();
  keys_.reset();
  snapshot_.reset();
  obey();  // Frees snapshots that came too late.
  snapshot_.reset();
  has_ended_.store(true, std::memory_order_release);
}

bool Shard::obey() {
  Command order;
  bool is_any = false;
  while (commands_.pop({&order, 1}) == 1) {
    is_any = true;
    switch (order.order) {
      case Order::Adopt:
        snapshot_ = std::move(*order.snapshot);
        delete order.snapshot;
        break;
      case Order::Drain:
        is_draining_ = true;
        if (mail_ != nullptr) {
          mail_->begin_drain(monotonic_now());
        }
        break;
      case Order::Stop:
        is_stopping_ = true;
        break;
    }
  }
  return is_any;
}

Duration Shard::patience(TimePoint now) const {
  if (pipeline_->has_work()) {
    return Duration::zero();
  }
  const std::optional<TimePoint> wake_at = pipeline_->wake_at();
  if (!wake_at) {
    return kSleepMax;
  }
  return std::clamp<Duration>(*wake_at - now, Duration::zero(), kSleepMax);
}

// One turn of the loop that every core runs; engine/message/turn.h has its second half.
void Shard::turn() {
  // Who was given an order must not sleep on it.
  const bool is_told = obey();
  if (audit_->is_behind()) {
    // Back-pressure: no mail is taken while its record could not be written down.
    ++numbers_.audit_waits;
    std::this_thread::sleep_for(kAuditPause);
    publish(monotonic_now());
    return;
  }
  const TimePoint before = monotonic_now();
  const std::span<engine::IoEvent> arrived =
      mail_->poll(before, is_told ? Duration::zero() : patience(before));
  const Now now = read_clock();
  std::vector<engine::IoEvent> events(std::make_move_iterator(arrived.begin()),
                                      std::make_move_iterator(arrived.end()));
  mail_->submit(engine::run_turn(*pipeline_, *keys_, std::move(events), snapshot_, now),
                now.monotonic);
  audit_->push(pipeline_->audit());
  measure(now.monotonic, monotonic_now());
}

void Shard::measure(TimePoint begun, TimePoint ended) {
  const Duration length = ended - begun;
  ++numbers_.turns;
  numbers_.turns_long += length > kTurnLong ? 1U : 0U;
  numbers_.turn_longest_nanos =
      std::max(numbers_.turn_longest_nanos, static_cast<std::uint64_t>(length.count()));
  if (ended - published_at_ >= kPublishPause || pipeline_->in_flight() == 0) {
    publish(ended);
  }
}

void Shard::publish(TimePoint now) {
  published_at_ = now;
  numbers_.last_turn_nanos = static_cast<std::uint64_t>(now.time_since_epoch().count());
  numbers_.generation = snapshot_->generation();
  numbers_.in_flight = pipeline_->in_flight();
  numbers_.segments_free = pool_->free_count();
  numbers_.bytes_copied = copied_bytes();
  numbers_.pipeline = pipeline_->counters();
  numbers_.mail = mail_->counters();
  metrics_.publish(numbers_);
}

}  // namespace sealgate::app
