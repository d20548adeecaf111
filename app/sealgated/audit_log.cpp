// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/audit_log.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "app/sealgated/log.h"

namespace sealgate::app {
namespace {

// Records of one write: bounds what a failing disk makes us hold.
constexpr std::uint64_t kBatchRecordsMax = 1024;
constexpr int kRetryMillis = 1000;
// When the process ends there is less patience: the last try is after this.
constexpr int kStopRetriesMax = 3;
constexpr int kStopRetryMillis = 100;

}  // namespace

AuditQueue::~AuditQueue() {
  while (take() != nullptr) {
  }
}

void AuditQueue::push(std::vector<engine::AuditRecord>&& records) {
  for (engine::AuditRecord& record : records) {
    waiting_.push_back(std::make_unique<engine::AuditRecord>(std::move(record)));
  }
  if (!waiting_.empty()) {
    flush();
  }
}

bool AuditQueue::is_behind() {
  if (!waiting_.empty()) {
    flush();
  }
  return !waiting_.empty();
}

void AuditQueue::flush() {
  bool is_any = false;
  while (!waiting_.empty()) {
    engine::AuditRecord* const record = waiting_.front().get();
    if (ring_.push({&record, 1}) == 0) {
      break;
    }
    static_cast<void>(waiting_.front().release());  // The ring has it.
    waiting_.pop_front();
    is_any = true;
  }
  if (is_any) {
    writer_.notify();
  }
}

std::unique_ptr<engine::AuditRecord> AuditQueue::take() {
  engine::AuditRecord* record = nullptr;
  if (ring_.pop({&record, 1}) == 0) {
    return nullptr;
  }
  return std::unique_ptr<engine::AuditRecord>(record);
}

AuditLog::AuditLog(std::string path, std::size_t shards) : path_(std::move(path)) {
  for (std::size_t i = 0; i < shards; ++i) {
    queues_.push_back(std::make_unique<AuditQueue>(wake_));
  }
}

AuditLog::~AuditLog() {
  stop();
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

int AuditLog::open() {
  const int descriptor =
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (descriptor < 0) {
    return errno;
  }
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
  descriptor_ = descriptor;
  return 0;
}

void AuditLog::start() {
  thread_ = std::thread([this] { run(); });
}

std::uint64_t AuditLog::stop() {
  if (thread_.joinable()) {
    is_stopping_.store(true);
    wake_.notify();
    thread_.join();
  }
  return unwritten_;
}

void AuditLog::reopen() {
  is_reopening_.store(true);
  wake_.notify();
}

void AuditLog::open_again() {
  const int failure = open();
  if (failure != 0) {
    log_event(LogLevel::Error, "audit_log_not_reopened",
              {{"file", path_}, {"errno", static_cast<std::uint64_t>(failure)}});
  }
}

bool AuditLog::collect(std::string& text, std::uint64_t& count, bool is_stopping) {
  for (const std::unique_ptr<AuditQueue>& queue : queues_) {
    // The shards have ended: what they still hold is for us to push.
    if (is_stopping) {
      static_cast<void>(queue->is_behind());
    }
    while (count < kBatchRecordsMax) {
      const std::unique_ptr<engine::AuditRecord> record = queue->take();
      if (record == nullptr) {
        break;
      }
      text += audit_line(*record);
      text += '\n';
      ++count;
    }
  }
  return count != 0;
}

std::uint64_t AuditLog::drop_rest() {
  std::uint64_t dropped = 0;
  for (const std::unique_ptr<AuditQueue>& queue : queues_) {
    bool is_behind = true;
    while (is_behind) {
      is_behind = queue->is_behind();
      while (queue->take() != nullptr) {
        ++dropped;
      }
    }
  }
  return dropped;
}

bool AuditLog::write_all(std::string& text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor_, text.data(), text.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      log_event(LogLevel::Error, "audit_log_not_written",
                {{"file", path_},
                 {"errno", static_cast<std::uint64_t>(errno)},
                 {"text", "mail waits until the audit log can be written again"}});
      failures_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    text.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

void AuditLog::run() {
  std::string text;
  std::uint64_t count = 0;
  int stop_retries = 0;
  for (;;) {
    const bool is_stopping = is_stopping_.load();
    if (is_reopening_.exchange(false)) {
      open_again();
    }
    if (!text.empty() || collect(text, count, is_stopping)) {
      if (write_all(text)) {
        written_.fetch_add(count, std::memory_order_relaxed);
        count = 0;
        continue;
      }
      if (is_stopping && ++stop_retries > kStopRetriesMax) {
        break;
      }
      poll(nullptr, 0, is_stopping ? kStopRetryMillis : kRetryMillis);
      continue;
    }
    if (is_stopping) {
      break;
    }
    pollfd ready{wake_.descriptor(), POLLIN, 0};
    poll(&ready, 1, kRetryMillis);
    wake_.clear();
  }
  unwritten_ = count + drop_rest();
}

}  // namespace sealgate::app
