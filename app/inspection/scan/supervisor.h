// SPDX-License-Identifier: Apache-2.0
//
// The supervisor starts a worker for each request that comes over its control socket, and kills
// those that live too long. It never looks at a message, and ends, with all its workers, when the
// other side of the socket does.
//
// Threading: the process has one thread.
#pragma once

#include <cstddef>
#include <sys/types.h>
#include <vector>

#include "app/inspection/descriptor.h"
#include "app/inspection/packet.h"
#include "app/inspection/scan/syscall_filter.h"
#include "app/inspection/scan/worker.h"
#include "app/inspection/scan_protocol.h"
#include "base/clock.h"

namespace sealgate::app {

class Supervisor {
 public:
  // Whoever asks has a bounded number of threads; a request above this gets no answer.
  static constexpr std::size_t kWorkersMax = 256;

  // Gives up rights, reads the settings from `control`, says that it is ready and serves. The
  // exit code, of sysexits.h. `scan` is what each worker does; what it needs is loaded before.
  static int run(int control, const ScanFunction& scan);

 private:
  struct Worker {
    pid_t process;
    TimePoint killed_at;
  };

  Supervisor(int control, ScanSettings settings, SyscallFilter filter, const ScanFunction& scan);
  void serve();
  void take_request(const Packet& request);
  void start_worker(const Packet& request, Duration life);
  void reap();
  void kill_overdue();
  int poll_millis() const;

  int control_;
  ScanSettings settings_;
  SyscallFilter filter_;
  const ScanFunction& scan_;
  Descriptor child_signal_;
  std::vector<Worker> workers_;
};

}  // namespace sealgate::app
