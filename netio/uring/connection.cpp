// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/connection.h"

#include <utility>

namespace sealgate::netio {
namespace {

// An id is the place in the low bits and the place's generation above.
constexpr unsigned kPlaceBits = 24;
constexpr std::uint32_t kNoPlace = (1U << kPlaceBits) - 1;

}  // namespace

ConnectionTable::ConnectionTable(std::uint32_t size) : connections_(size) {
  SG_CHECK(size < kNoPlace);
  free_.reserve(size);
  for (std::uint32_t i = size; i > 0; --i) free_.push_back(i - 1);
}

Connection* ConnectionTable::add() {
  if (free_.empty()) return nullptr;
  Connection& connection = connections_[free_.back()];
  free_.pop_back();
  ++connection.generation;
  return &connection;
}

void ConnectionTable::remove(Connection& connection) {
  const std::uint32_t generation = connection.generation;
  connection = Connection();
  connection.generation = generation;
  // A place whose generations are used up is given up, so that no id ever comes back.
  if (generation != ~std::uint32_t{0}) free_.push_back(place_of(connection));
}

Connection* ConnectionTable::find(ConnectionId id) {
  const std::uint64_t place = id.value & kNoPlace;
  if (place >= connections_.size()) return nullptr;
  Connection& connection = connections_[place];
  const bool is_same = connection.generation == id.value >> kPlaceBits;
  return is_same && connection.phase != Connection::Phase::Free ? &connection : nullptr;
}

Connection& ConnectionTable::at(std::uint32_t place) {
  SG_CHECK(place < connections_.size());
  return connections_[place];
}

std::uint32_t ConnectionTable::place_of(const Connection& connection) const {
  return static_cast<std::uint32_t>(&connection - connections_.data());
}

ConnectionId ConnectionTable::id_of(const Connection& connection) const {
  const std::uint64_t generation = connection.generation;
  return {.value = generation << kPlaceBits | place_of(connection)};
}

ConnectionId ConnectionTable::make_failed_id() {
  return {.value = ++failed_ << kPlaceBits | kNoPlace};
}

}  // namespace sealgate::netio
