// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/uring_state.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "netio/uring/errors.h"

namespace sealgate::netio {
namespace {

// Entries submitted in one go; the completion side has room for eight times as many.
constexpr unsigned kRingEntries = 1024;

using Phase = Connection::Phase;

// All transports of the process share its limit: what each may open, together.
std::atomic<std::uint64_t> promised_descriptors{0};

Result<void> allow_descriptors(std::uint64_t needed) {
  // What the rest of the process may have open besides connections.
  constexpr std::uint64_t kOthers = 128;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return Error(kDescriptorsTooFew, errno);
  if (limit.rlim_cur >= needed + kOthers) return {};
  if (limit.rlim_max < needed + kOthers) return kDescriptorsTooFew;
  limit.rlim_cur = needed + kOthers;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return Error(kDescriptorsTooFew, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<UringState>> UringState::create(SegmentPool& pool,
                                                       const UringOptions& options) {
  const std::uint64_t needed = std::uint64_t{options.accepted_max} + options.connected_max;
  const Result<void> allowed = allow_descriptors(promised_descriptors.fetch_add(needed) + needed);
  if (!allowed) {
    promised_descriptors.fetch_sub(needed);
    return allowed.error();
  }
  std::unique_ptr<UringState> state(new UringState(pool, options));
  const Result<void> opened = state->open();
  if (!opened) return opened.error();
  return state;
}

UringState::UringState(SegmentPool& pool, const UringOptions& options)
    : pool_(&pool), options_(options), connections_(options.accepted_max + options.connected_max) {}

Result<void> UringState::open() {
  ring_ = SG_TRY(Ring::create(kRingEntries));
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (wake_fd_ < 0) return Error(kDescriptorsTooFew, errno);
  const bool must_have = options_.receive == ReceiveMode::BufferRing;
  if (options_.receive == ReceiveMode::Readiness) return {};
  if (!ring_->has_multishot_receive()) {
    if (must_have) return kUringTooOld;
    return {};
  }
  Result<std::unique_ptr<BufferRing>> buffers = BufferRing::create(
      *ring_, *pool_,
      {.lent_max = options_.lent_segments_max, .reserve = options_.segments_reserve});
  if (buffers) {
    buffers_ = std::move(buffers).value();
  } else if (must_have || !buffers.error().is(kUringTooOld)) {
    return buffers.error();
  }
  return {};
}

UringState::~UringState() {
  next_.clear();
  events_.clear();
  if (ring_ != nullptr) {
    for (std::uint32_t place = 0; place < connections_.size(); ++place) {
      Connection& connection = connections_.at(place);
      if (connection.phase == Phase::Free) continue;
      connection.wants_reset = true;
      begin_ending(connection, 0);
    }
    // Whoever is accepted from here on is turned away.
    options_.accepted_max = 0;
    for (std::uint32_t i = 0; i < listeners_.size(); ++i) cancel(Operation::Accept, i, 0);
    // The kernel answers a cancelled operation in the next entry or two; a segment that it may
    // still write to must not go back before.
    constexpr int kTurnsMax = 1000;
    for (int turn = 0; turn < kTurnsMax && has_operations(); ++turn) {
      ring_->enter(std::chrono::milliseconds(10));
      take_completions();
      next_.clear();
    }
    SG_CHECK(!has_operations());
  }
  // Ends the wait for the eventfd too.
  ring_.reset();
  for (const Listener& listener : listeners_) {
    for (const int descriptor : listener.waiting) close_with_reset(descriptor);
    ::close(listener.descriptor);
  }
  if (wake_fd_ >= 0) ::close(wake_fd_);
  promised_descriptors.fetch_sub(connections_.size());  // As create() promised.
}

bool UringState::has_operations() const {
  const auto is_accepting = [](const Listener& listener) { return listener.is_accepting; };
  return connection_operations_ > 0 || std::ranges::any_of(listeners_, is_accepting);
}

Result<Endpoint> UringState::listen(const Endpoint& endpoint, int backlog) {
  const int descriptor = SG_TRY(open_listener(endpoint, backlog));
  listeners_.push_back({.descriptor = descriptor, .is_accepting = false, .waiting = {}});
  return local_endpoint(descriptor);
}

Result<Endpoint> UringState::adopt_listener(int descriptor) {
  const Result<void> prepared = prepare_listener(descriptor);
  if (!prepared) return prepared.error();
  listeners_.push_back({.descriptor = descriptor, .is_accepting = false, .waiting = {}});
  return local_endpoint(descriptor);
}

std::span<TransportEvent> UringState::poll(Duration patience) {
  // First of all: it gives segments back, which receiving may be waiting for.
  events_.clear();
  begin_turn();
  ring_->enter(next_.empty() ? patience : Duration::zero());
  const std::size_t taken = take_completions();
  if (taken == 0 && next_.empty()) is_short_of_descriptors_ = false;
  std::swap(events_, next_);
  return events_;
}

void UringState::begin_turn() {
  arm_wake();
  serve_resumed();
  if (buffers_ != nullptr) buffers_->refill();
  serve_starved();
  serve_waiting();
  arm_listeners();
  flush_sends();
}

void UringState::arm_wake() {
  if (is_wake_armed_) return;
  is_wake_armed_ = true;
  io_uring_sqe& entry = ring_->entry();
  io_uring_prep_read(&entry, wake_fd_, &wake_count_, sizeof(wake_count_), 0);
  entry.user_data = ticket(Operation::Wake, 0, 0);
}

void UringState::serve_waiting() {
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    std::vector<int>& waiting = listeners_[i].waiting;
    const std::size_t count =
        std::min<std::size_t>(waiting.size(), options_.accepted_max - accepted_);
    for (std::size_t k = 0; k < count; ++k) admit(i, waiting[k]);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

void UringState::arm_listeners() {
  if (accepted_ >= options_.accepted_max || is_short_of_descriptors_) return;
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    Listener& listener = listeners_[i];
    if (listener.is_accepting || !listener.waiting.empty()) continue;
    listener.is_accepting = true;
    io_uring_sqe& entry = ring_->entry();
    if (ring_->has_multishot_accept()) {
      io_uring_prep_multishot_accept(&entry, listener.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    } else {
      io_uring_prep_accept(&entry, listener.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    }
    entry.user_data = ticket(Operation::Accept, i, 0);
  }
}

void UringState::flush_sends() {
  for (const ConnectionId id : unsent_) {
    Connection* connection = connections_.find(id);
    if (connection != nullptr) begin_send(*connection);
  }
  unsent_.clear();
}

void UringState::serve_resumed() {
  const std::vector<ConnectionId> resumed = std::exchange(resumed_, {});
  for (const ConnectionId id : resumed) {
    Connection* connection = connections_.find(id);
    if (connection == nullptr || connection->phase != Phase::Open || connection->is_paused) {
      continue;
    }
    for (const Slice& slice : connection->held.slices()) add_received(*connection, slice);
    connection->held = Chain();
    if (std::exchange(connection->holds_end, false)) {
      connection->has_ended = true;
      add_event(TransportEvent::Kind::Ended, *connection);
    }
    begin_receive(*connection);
  }
}

void UringState::serve_starved() {
  // No more of them than can get something, or they would all come back at once.
  std::size_t count = pool_->free_count();
  if (buffers_ != nullptr) {
    count = buffers_->available();
  } else if (count <= options_.segments_reserve && !room_.is_worthwhile()) {
    count = 0;
  }
  count = std::min(count, starved_.size());
  for (std::size_t i = 0; i < count; ++i) {
    Connection* connection = connections_.find(starved_[i]);
    if (connection == nullptr) continue;
    connection->is_starved = false;
    settle_receive(*connection);
  }
  starved_.erase(starved_.begin(), starved_.begin() + static_cast<std::ptrdiff_t>(count));
}

ConnectionId UringState::connect(const Endpoint& endpoint) {
  const std::optional<SocketAddress> address = to_socket_address(endpoint);
  int descriptor = -EINVAL;
  if (address) {
    descriptor = connected_ < options_.connected_max ? open_client(*address) : -EMFILE;
  }
  if (descriptor < 0) {
    const ConnectionId id = connections_.make_failed_id();
    next_.push_back({.kind = TransportEvent::Kind::Closed,
                     .connection = id,
                     .listener = 0,
                     .peer = {},
                     .bytes = {},
                     .error = -descriptor});
    return id;
  }
  Connection* connection = connections_.add();
  SG_CHECK(connection != nullptr);
  ++connected_;
  ++connection_operations_;
  connection->phase = Phase::Connecting;
  connection->is_outgoing = true;
  connection->is_connecting = true;
  connection->descriptor = descriptor;
  connection->address = std::make_unique<SocketAddress>(*address);
  io_uring_sqe& entry = ring_->entry();
  io_uring_prep_connect(&entry, descriptor, connection->address->pointer(),
                        connection->address->length);
  entry.user_data = ticket(Operation::Connect, *connection);
  return connections_.id_of(*connection);
}

void UringState::send(ConnectionId id, const Chain& bytes) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr || bytes.is_empty() || connection->send_error != 0) return;
  if (connection->phase != Phase::Open && connection->phase != Phase::Connecting) return;
  connection->queue.append(bytes);
  mark_unsent(*connection);
}

void UringState::pause(ConnectionId id) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr || connection->is_paused) return;
  connection->is_paused = true;
  if (connection->is_receiving && connection->phase == Phase::Open) {
    cancel(Operation::Receive, connections_.place_of(*connection), connection->generation);
  }
}

void UringState::resume(ConnectionId id) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr || !connection->is_paused) return;
  connection->is_paused = false;
  resumed_.push_back(id);
}

void UringState::close(ConnectionId id) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr) return;
  if (connection->phase != Phase::Open && connection->phase != Phase::Connecting) return;
  connection->phase = Phase::Draining;
  connection->held = Chain();
  const bool has_left = connection->queue.is_empty() && !connection->is_sending;
  if (connection->send_error != 0 || has_left) begin_ending(*connection, connection->send_error);
}

void UringState::abort(ConnectionId id) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr || connection->phase == Phase::Ending) return;
  connection->wants_reset = true;
  begin_ending(*connection, 0);
}

}  // namespace sealgate::netio
