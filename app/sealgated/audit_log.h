// SPDX-License-Identifier: Apache-2.0
//
// AuditLog writes one JSON line for each message that came to its end. Shards hand records over
// through a ring each and never wait for the disk: where it is behind, the shard keeps its
// records and takes no further mail (is_behind()), so that nothing is lost silently.
//
// Threading: each AuditQueue belongs to one shard thread; one thread of the log's own writes.
// start(), stop() and reopen() belong to the main thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/sealgated/wake.h"
#include "base/ring.h"
#include "engine/api/audit.h"

namespace sealgate::app {

class AuditQueue {
 public:
  // Records in the ring; when it is full a shard holds its own.
  static constexpr std::uint32_t kRecordsMax = 4096;

  explicit AuditQueue(const WakeSignal& writer) : writer_(writer) {}
  ~AuditQueue();
  AuditQueue(const AuditQueue&) = delete;
  AuditQueue& operator=(const AuditQueue&) = delete;

  // The shard's side.
  void push(std::vector<engine::AuditRecord>&& records);
  // Tries again what did not fit. Whether something is left: then the shard takes no mail.
  bool is_behind();

  // The writer's side: the next record, or null.
  std::unique_ptr<engine::AuditRecord> take();

 private:
  void flush();

  const WakeSignal& writer_;
  // The ring carries plain words: the record's ownership goes with its address.
  SpscRing<engine::AuditRecord*, kRecordsMax> ring_;
  std::deque<std::unique_ptr<engine::AuditRecord>> waiting_;
};

class AuditLog {
 public:
  AuditLog(std::string path, std::size_t shards);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Opens the file for appending; an errno where that fails.
  int open();
  // Requires: open() succeeded.
  void start();
  // Writes what is queued or held back, then ends the thread. How many records could not be
  // written. Requires: the shards' threads have ended.
  std::uint64_t stop();
  // Opens the file anew, after a log was rotated.
  void reopen();

  AuditQueue& queue(std::size_t shard) { return *queues_[shard]; }

  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool collect(std::string& text, std::uint64_t& count, bool is_stopping);
  std::uint64_t drop_rest();
  bool write_all(std::string& text);
  void open_again();

  std::string path_;
  int descriptor_ = -1;
  WakeSignal wake_;
  std::vector<std::unique_ptr<AuditQueue>> queues_;
  std::thread thread_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_reopening_{false};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> failures_{0};  // Writes that failed and were tried again.
  std::uint64_t unwritten_ = 0;
};

// One line of JSON without its end. What is not UTF-8 is replaced.
std::string audit_line(const engine::AuditRecord& record);

}  // namespace sealgate::app
