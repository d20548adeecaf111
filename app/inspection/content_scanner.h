// SPDX-License-Identifier: Apache-2.0
//
// ContentScanner is this process's side of sealgate-scan, which takes messages apart in one
// sandboxed process for each message. Such a process sees one message, answers and ends; whatever
// becomes of it, the next message gets a process of its own.
//
// Threading: start() and the destructor belong to one thread; scan() and is_running() may be
// called from any.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <sys/types.h>

#include "app/inspection/descriptor.h"
#include "app/inspection/inspection_config.h"
#include "app/inspection/judgement.h"
#include "app/inspection/message_file.h"
#include "app/inspection/waiting.h"
#include "base/result.h"

namespace sealgate::app {

class ContentScanner {
 public:
  // Starts the program and waits until it is ready. Fails with kScanRulesTooLong,
  // kScanProgramNotStarted or kScanProgramNotReady. Requires: this process may still start
  // programs, and has no rights that the scanner must not have (see privileges.h).
  static Result<std::unique_ptr<ContentScanner>> start(const ScanConfig& config);
  ~ContentScanner();
  ContentScanner(const ContentScanner&) = delete;
  ContentScanner& operator=(const ContentScanner&) = delete;

  // Clean, Refused, or Unavailable: the process died, or the patience ended.
  Judgement scan(const SealedMessage& message, const Patience& patience);

  // False once the supervisor is gone: then every scan is Unavailable until a restart.
  bool is_running() const;

 private:
  ContentScanner(Descriptor control, pid_t supervisor)
      : control_(std::move(control)), supervisor_(supervisor) {}

  Descriptor control_;
  pid_t supervisor_;
};

}  // namespace sealgate::app
