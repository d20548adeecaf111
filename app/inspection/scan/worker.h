// SPDX-License-Identifier: Apache-2.0
//
// The process that scans one message. It closes its sandbox before it looks at the first byte.
#pragma once

#include <functional>
#include <sys/types.h>

#include "app/inspection/judgement.h"
#include "app/inspection/scan/syscall_filter.h"
#include "app/inspection/scan_protocol.h"
#include "base/bytes.h"

namespace sealgate::app {

// What a worker does with its message, once in its life.
using ScanFunction = std::function<Judgement(ByteView message, const ScanSettings& settings)>;

// The descriptor at which every worker answers.
inline constexpr int kAnswerDescriptor = 3;

struct WorkerTask {
  int answer;  // Any two descriptors: the worker moves them.
  int message;
  pid_t supervisor;
};

// Judges the message and answers. Out of CPU time or memory it answers Refused. Where the sandbox
// cannot be closed it ends without an answer. Requires: the process has one thread.
[[noreturn]] void run_worker(const WorkerTask& task, const ScanSettings& settings,
                             const SyscallFilter& filter, const ScanFunction& scan);

}  // namespace sealgate::app
