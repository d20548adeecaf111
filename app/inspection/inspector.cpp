// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/inspector.h"

#include <cerrno>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "app/inspection/errors.h"
#include "base/check.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {
namespace {

constexpr std::string_view kContent = "content";
constexpr std::string_view kClamd = "clamd";

void add_to(int eventfd, std::uint64_t count) {
  // Fails only where the counter is full: then the other side is awake already.
  static_cast<void>(!write(eventfd, &count, sizeof count));
}

bool are_limits_valid(const InspectionConfig& config) {
  const ScanLimits& limits = config.scan.limits;
  return config.queue_max >= 1 && config.queue_max <= Inspector::kQueueMax && config.threads >= 1 &&
         config.threads <= Inspector::kThreadsMax && config.timeout > Duration::zero() &&
         config.clamd.connect_timeout > Duration::zero() && limits.depth_max <= 16 &&
         limits.members_max >= 1 && limits.unpacked_bytes_max >= 1 &&
         limits.unpacked_bytes_max <= (4ULL << 30U) && limits.cpu_seconds_max >= 1;
}

engine::InspectionResult result_of(engine::MessageId id, Judgement judgement,
                                   std::string_view scanner) {
  engine::InspectionResult result;
  result.id = id;
  result.outcome = judgement.outcome;
  result.reason = std::move(judgement.reason);
  result.scanner = scanner;
  return result;
}

}  // namespace

Result<std::unique_ptr<Inspector>> Inspector::create(const InspectionConfig& config,
                                                     std::span<const int> wake_descriptors) {
  SG_CHECK(config.is_on());
  if (!are_limits_valid(config)) return kInspectionLimitsInvalid;
  std::unique_ptr<Inspector> inspector(new Inspector(config));
  if (config.clamd.is_on()) inspector->clamd_.emplace(SG_TRY(Clamd::create(config.clamd)));
  if (config.scan.is_on) inspector->scanner_ = SG_TRY(ContentScanner::start(config.scan));
  for (const int wake_descriptor : wake_descriptors) {
    inspector->desks_.push_back(std::make_unique<Desk>());
    inspector->desks_.back()->wake_descriptor = wake_descriptor;
  }
  inspector->job_count_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE));
  inspector->stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  SG_CHECK(inspector->job_count_.is_open() && inspector->stop_.is_open());
  return inspector;
}

void Inspector::start() {
  SG_CHECK(threads_.empty());
  for (std::uint32_t i = 0; i < config_.threads; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

Inspector::~Inspector() {
  is_stopping_.store(true);
  add_to(stop_.number(), 1);
  add_to(job_count_.number(), threads_.size());
  for (std::thread& thread : threads_) thread.join();
  for (const std::unique_ptr<Desk>& desk : desks_) {
    Job* job = nullptr;
    while (desk->jobs.pop({&job, 1}) == 1) delete job;
    engine::InspectionResult* result = nullptr;
    while (desk->results.pop(result)) delete result;
  }
}

void Inspector::submit(std::size_t shard, engine::MessageId id, SealedMessage message) {
  Desk& desk = *desks_[shard];
  if (desk.open >= config_.queue_max) {
    desk.refused.push_back(
        result_of(id, {Outcome::Unavailable, "too many messages wait for their inspection", false},
                  scanner_ != nullptr ? kContent : kClamd));
    add_to(desk.wake_descriptor, 1);
    return;
  }
  ++desk.open;
  Job* const job = new Job{id, std::move(message), hsm::monotonic_now() + config_.timeout};
  SG_CHECK(desk.jobs.push({&job, 1}) == 1);
  add_to(job_count_.number(), 1);
}

std::span<engine::InspectionResult> Inspector::poll(std::size_t shard) {
  Desk& desk = *desks_[shard];
  desk.polled = std::exchange(desk.refused, {});
  engine::InspectionResult* result = nullptr;
  while (desk.results.pop(result)) {
    desk.polled.push_back(std::move(*result));
    delete result;
    --desk.open;
  }
  return desk.polled;
}

bool Inspector::is_scanner_running() const {
  return scanner_ == nullptr || scanner_->is_running();
}

void Inspector::run() {
  pthread_setname_np(pthread_self(), "inspector");
  for (;;) {
    std::uint64_t one = 0;
    if (read(job_count_.number(), &one, sizeof one) != sizeof one) continue;  // A signal.
    if (is_stopping_.load()) return;
    const Taken taken = take_job();
    give_back(*taken.desk, inspect(*taken.job));
  }
}

Inspector::Taken Inspector::take_job() {
  const std::lock_guard lock(taking_);
  // In turn, so that a busy shard does not hold the others up.
  for (std::size_t tries = 0; tries < desks_.size(); ++tries) {
    Desk& desk = *desks_[next_desk_];
    next_desk_ = (next_desk_ + 1) % desks_.size();
    Job* job = nullptr;
    if (desk.jobs.pop({&job, 1}) == 1) return {std::unique_ptr<Job>(job), &desk};
  }
  SG_CHECK(false);  // The semaphore counts what is in the rings.
  return {};
}

engine::InspectionResult Inspector::inspect(const Job& job) const {
  const Patience patience{job.deadline, stop_.number()};
  if (hsm::monotonic_now() >= job.deadline) {
    return result_of(job.id, {Outcome::Unavailable, "the message waited too long", false},
                     scanner_ != nullptr ? kContent : kClamd);
  }
  if (scanner_ != nullptr) {
    Judgement judgement = scanner_->scan(job.message, patience);
    if (judgement.outcome != Outcome::Clean || !clamd_) {
      return result_of(job.id, std::move(judgement), kContent);
    }
  }
  Judgement judgement = clamd_->scan(job.message, patience);
  const bool may_pass =
      judgement.is_scanner_down && config_.when_clamd_is_down == ScannerDown::Pass;
  engine::InspectionResult result = result_of(job.id, std::move(judgement), kClamd);
  result.may_pass = may_pass;
  return result;
}

void Inspector::give_back(Desk& desk, engine::InspectionResult result) {
  SG_CHECK(desk.results.push(new engine::InspectionResult(std::move(result))));
  add_to(desk.wake_descriptor, 1);
}

}  // namespace sealgate::app
