// SPDX-License-Identifier: Apache-2.0
//
// An io_uring: submission entries out, completions in. Hides which features the kernel has.
//
// Threading: create() may run anywhere; the thread of the first enter() owns the ring.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <liburing.h>

#include "base/clock.h"
#include "base/result.h"

namespace sealgate::netio {

struct Completion {
  std::uint64_t ticket = 0;  // The user_data of the entry.
  std::int32_t result = 0;   // A count, or a negative errno.
  std::uint32_t flags = 0;   // IORING_CQE_F_*.

  // The operation goes on; another completion follows.
  bool has_more() const { return (flags & IORING_CQE_F_MORE) != 0; }
};

class Ring {
 public:
  // Fails with kUringForbidden, kUringTooOld or kUringMemoryUnavailable.
  static Result<std::unique_ptr<Ring>> create(unsigned entries);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // A zeroed entry for the caller to fill, its ticket (user_data) after io_uring_prep_*, which
  // clears it. What it points to has to live until the next enter().
  io_uring_sqe& entry();

  // Submits the entries and waits until a completion is there or `patience` is over.
  void enter(Duration patience);

  // Moves completions out, as many as there are and `to` holds.
  std::size_t take(std::span<Completion> to);

  // Multishot accept and provided buffer rings came with Linux 5.19, multishot receive with 6.0.
  bool has_multishot_accept() const { return has_multishot_accept_; }
  bool has_multishot_receive() const { return has_multishot_receive_; }

  io_uring& raw() { return ring_; }

 private:
  Ring() = default;
  Result<void> open(unsigned entries);
  Result<void> probe();
  void enable();

  io_uring ring_ = {};
  bool is_open_ = false;
  bool is_enabled_ = false;
  bool has_multishot_accept_ = false;
  bool has_multishot_receive_ = false;
};

// What an errno of io_uring_setup means for the operator.
Error setup_error(int error);

}  // namespace sealgate::netio
