// SPDX-License-Identifier: Apache-2.0
#include "netio/uring/ring.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "netio/uring/errors.h"

namespace sealgate::netio {

Error setup_error(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
    case ENOSYS:
      return Error(kUringForbidden, error);
    case EINVAL:
      return Error(kUringTooOld, error);
    case EMFILE:
    case ENFILE:
      return Error(kDescriptorsTooFew, error);
    default:
      return Error(kUringMemoryUnavailable, error);
  }
}

Result<std::unique_ptr<Ring>> Ring::create(unsigned entries) {
  std::unique_ptr<Ring> ring(new Ring);
  const Result<void> opened = ring->open(entries);
  if (!opened) return opened.error();
  const Result<void> probed = ring->probe();
  if (!probed) return probed.error();
  return ring;
}

Result<void> Ring::open(unsigned entries) {
  // The kernel's completions run in our own calls only (6.1); or at least do not interrupt us
  // (5.19); or as in the beginning. Disabled at first, so that the first user becomes the owner.
  constexpr std::array<unsigned, 3> kWays = {
      IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
      IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_R_DISABLED};
  int error = 0;
  for (const unsigned way : kWays) {
    io_uring_params params = {};
    params.flags = way | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
    params.cq_entries = entries * 8;
    error = io_uring_queue_init_params(entries, &ring_, &params);
    if (error != -EINVAL) break;
  }
  if (error != 0) return setup_error(-error);
  is_open_ = true;
  return {};
}

Result<void> Ring::probe() {
  // Without SUBMIT_STABLE what an entry points to would have to live longer; without NODROP
  // completions could be lost; without EXT_ARG waiting has no time limit.
  constexpr unsigned kNeeded =
      IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG;
  if ((ring_.features & kNeeded) != kNeeded) return kUringTooOld;
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr) return kUringTooOld;
  bool has_all = true;
  for (const int operation : {IORING_OP_ACCEPT, IORING_OP_CONNECT, IORING_OP_SENDMSG,
                              IORING_OP_READ, IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL}) {
    has_all = has_all && io_uring_opcode_supported(probe, operation) != 0;
  }
  // Multishot forms cannot be asked for; each came in the same release as an operation that can.
  has_multishot_accept_ = io_uring_opcode_supported(probe, IORING_OP_SOCKET) != 0;
  has_multishot_receive_ = io_uring_opcode_supported(probe, IORING_OP_SEND_ZC) != 0;
  std::free(probe);
  if (!has_all) return kUringTooOld;
  return {};
}

Ring::~Ring() {
  if (is_open_) io_uring_queue_exit(&ring_);
}

void Ring::enable() {
  if (is_enabled_) return;
  is_enabled_ = true;
  // Debian's liburing 2.3 declares io_uring_enable_rings() but does not export it.
  const auto descriptor = static_cast<unsigned>(ring_.ring_fd);
  SG_CHECK(io_uring_register(descriptor, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0);
  // Spares the kernel a look-up at each call; without it all works the same.
  io_uring_register_ring_fd(&ring_);
}

io_uring_sqe& Ring::entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) {
    enable();
    SG_CHECK(io_uring_submit(&ring_) > 0);
    entry = io_uring_get_sqe(&ring_);
    SG_CHECK(entry != nullptr);
  }
  *entry = {};
  return *entry;
}

void Ring::enter(Duration patience) {
  enable();
  int result = 0;
  if (patience <= Duration::zero()) {
    result = io_uring_submit_and_get_events(&ring_);
  } else {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    __kernel_timespec limit = {.tv_sec = seconds.count(), .tv_nsec = (patience - seconds).count()};
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
  }
  // EBUSY and EAGAIN: the kernel is short of memory, or wants its completions taken first; the
  // entries stay for the next call.
  SG_CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY ||
           result == -EAGAIN);
}

std::size_t Ring::take(std::span<Completion> to) {
  std::size_t count = 0;
  unsigned head = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring_, head, completion) {
    if (count == to.size()) break;
    to[count++] = {completion->user_data, completion->res, completion->flags};
  }
  io_uring_cq_advance(&ring_, static_cast<unsigned>(count));
  return count;
}

}  // namespace sealgate::netio
