// SPDX-License-Identifier: Apache-2.0
//
// Answers each connection to a Unix socket with one JSON object and closes it.
//
// Threading: one thread of its own; `facts` is called on it.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "app/sealgated/status.h"
#include "app/sealgated/wake.h"

namespace sealgate::app {

class StatusServer {
 public:
  explicit StatusServer(std::string path) : path_(std::move(path)) {}
  ~StatusServer();
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  // Makes the socket; one left behind by a process that is gone is replaced. An errno, EADDRINUSE
  // where another process answers there.
  int open();
  // Requires: open() succeeded.
  void start(std::function<StatusFacts()> facts);
  // Ends the thread and removes the socket.
  void stop();

 private:
  void run();

  std::string path_;
  int listener_ = -1;
  WakeSignal wake_;
  std::atomic<bool> is_stopping_{false};
  std::function<StatusFacts()> facts_;
  std::thread thread_;
};

}  // namespace sealgate::app
