// SPDX-License-Identifier: Apache-2.0
//
// The system calls of a worker: memory, the clock, its one answer and its end. Nothing that opens,
// connects, starts or signals. It is made once by the supervisor, because libseccomp takes longer
// for it than many a scan.
#pragma once

#include <linux/filter.h>
#include <optional>
#include <vector>

namespace sealgate::app {

class SyscallFilter {
 public:
  // Lets a process send on `answer_descriptor` alone. Nothing where libseccomp cannot make it.
  static std::optional<SyscallFilter> make(int answer_descriptor);

  // Closes the calling thread's sandbox for good; false where the kernel does not.
  // Requires: no_new_privs is set.
  bool enter() const;

 private:
  std::vector<sock_filter> program_;
};

}  // namespace sealgate::app
