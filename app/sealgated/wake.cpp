// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/wake.h"

#include <cstdint>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace sealgate::app {

WakeSignal::WakeSignal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  SG_CHECK(descriptor_ >= 0);
}

WakeSignal::WakeSignal(int descriptor) : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)) {
  SG_CHECK(descriptor_ >= 0);
}

WakeSignal::~WakeSignal() {
  close(descriptor_);
}

void WakeSignal::notify() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the other side is woken already.
  const ssize_t written = write(descriptor_, &one, sizeof one);
  static_cast<void>(written);
}

void WakeSignal::clear() const {
  std::uint64_t count = 0;
  const ssize_t taken = read(descriptor_, &count, sizeof count);
  static_cast<void>(taken);
}

}  // namespace sealgate::app
