// SPDX-License-Identifier: Apache-2.0
//
// ExchangeOutput collects what a machine wants to happen to its connection, until the owner of
// the connection carries it out.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/segment.h"

namespace sealgate::netio {

enum class Ending : std::uint8_t {
  None,
  Close,  // When what was sent has left.
  Abort,  // At once.
};

class ExchangeOutput {
 public:
  // `writer` is shared by the machines of a shard: their small texts fill one segment together.
  explicit ExchangeOutput(ChainWriter& writer) : writer_(&writer) {}

  // Requires: `text` has static storage.
  void add_static(std::string_view text) { bytes_.append_static(text); }
  void add(const Chain& bytes) { bytes_.append(bytes); }
  // Copies `text`. Where no segment is left, the connection is of no use any more: aborts it.
  void add_copy(std::string_view text) {
    if (!writer_->append(text)) end(Ending::Abort);
    bytes_.append(writer_->take());
  }
  void end(Ending ending) {
    if (ending_ < ending) ending_ = ending;
  }

  std::uint64_t size() const { return bytes_.size(); }
  Chain take() { return std::exchange(bytes_, Chain()); }
  Ending ending() const { return ending_; }

 private:
  ChainWriter* writer_;
  Chain bytes_;
  Ending ending_ = Ending::None;
};

}  // namespace sealgate::netio
