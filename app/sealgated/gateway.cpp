// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/gateway.h"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "app/config/version.h"
#include "app/sealgated/clock.h"
#include "app/sealgated/listeners.h"
#include "app/sealgated/log.h"
#include "app/sealgated/notify.h"
#include "app/sealgated/privileges.h"
#include "app/sealgated/sandbox.h"
#include "app/store/snapshot_loader.h"
#include "engine/message/snapshot.h"

namespace sealgate::app {
namespace {

constexpr Duration kTickPause = std::chrono::seconds(1);
// A shard sleeps a second at most; ten without a turn mean that it hangs.
constexpr Duration kShardSilenceMax = std::chrono::seconds(10);
constexpr int kDrainTickMillis = 20;

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

std::string errno_text(int code) {
  return std::error_code(code, std::generic_category()).message();
}

void log_problems(LogLevel level, std::string_view event, const Problems& problems) {
  for (const Problem& problem : problems) {
    log_event(level, event, {{"where", problem.where}, {"text", problem.what}});
  }
}

std::string_view name_of(hsm::TokenState state) {
  switch (state) {
    case hsm::TokenState::Ready:
      return "ready";
    case hsm::TokenState::Recovering:
      return "recovering";
    case hsm::TokenState::Refused:
      return "refused";
  }
  return "";
}

bool fail(StartFailure& failure, int exit_code, Problem problem) {
  failure.exit_code = exit_code;
  failure.problems.push_back(std::move(problem));
  return false;
}

}  // namespace

void block_signals() {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Gateway::~Gateway() {
  // The reverse of begin_work(): nobody may use what goes.
  if (status_ != nullptr) {
    status_->stop();
  }
  for (const std::unique_ptr<Shard>& shard : shards_) {
    if (shard->is_running()) {
      shard->stop();
      shard->join();
    }
  }
  dispatcher_.reset();
  if (signal_descriptor_ >= 0) {
    close(signal_descriptor_);
  }
}

int Gateway::run() {
  StartFailure failure;
  if (!start(failure)) {
    log_problems(LogLevel::Error, "start_failed", failure.problems);
    return failure.exit_code;
  }
  serve();
  drain();
  return EX_OK;
}

bool Gateway::start(StartFailure& failure) {
  started_ = read_clock();
  const sigset_t signals = awaited_signals();
  signal_descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return read_configuration(failure) && load_first_snapshot(failure) && open_network(failure) &&
         open_keys(failure) && drop_privileges(failure) && open_outputs(failure) &&
         begin_work(failure);
}

bool Gateway::read_configuration(StartFailure& failure) {
  config_ = load_config(config_file_, ConfigUse::Daemon, failure.problems);
  if (config_) {
    resolve_routes(*config_, failure.problems);
  }
  if (!failure.problems.empty()) {
    failure.exit_code = EX_CONFIG;
    return false;
  }
  const Result<void> checked = netio::check_settings(mail_settings(*config_, 0));
  if (!checked) {
    return fail(failure, EX_CONFIG, Problem{config_file_, text_of(checked.error())});
  }
  return true;
}

bool Gateway::load_first_snapshot(StartFailure& failure) {
  LoadedSnapshot loaded = load_snapshot(*config_, ++generation_);
  if (loaded.snapshot == nullptr) {
    failure.exit_code = EX_CONFIG;
    failure.problems = std::move(loaded.problems);
    return false;
  }
  log_problems(LogLevel::Warning, "snapshot_warning", loaded.problems);
  snapshots_.push_back(std::move(loaded.snapshot));
  published_generation_.store(generation_);
  return true;
}

bool Gateway::open_network(StartFailure& failure) {
  raise_memory_lock_limit();
  for (std::size_t i = 0; i < config_->shard_count(); ++i) {
    Result<std::unique_ptr<Shard>> shard = Shard::create(*config_, i);
    if (!shard) {
      return fail(failure, EX_OSERR, Problem{"", text_of(shard.error())});
    }
    shards_.push_back(std::move(shard).value());
  }
  std::optional<std::vector<netio::Endpoint>> endpoints =
      open_listeners(*config_, shards_, failure.problems);
  if (!endpoints) {
    failure.exit_code = EX_UNAVAILABLE;
    return false;
  }
  endpoints_ = std::move(*endpoints);
  return true;
}

bool Gateway::open_keys(StartFailure& failure) {
  Result<std::unique_ptr<hsm::Dispatcher>> dispatcher = open_tokens(*config_);
  if (!dispatcher) {
    return fail(failure, exit_code_for(dispatcher.error()),
                Problem{config_file_ + " [[tokens]]", text_of(dispatcher.error())});
  }
  dispatcher_ = std::move(dispatcher).value();
  if (!check_tokens(*config_, *dispatcher_, failure)) {
    return false;
  }
  failure.problems = missing_keys(*snapshots_.back(), *dispatcher_);
  if (!failure.problems.empty()) {
    failure.exit_code = EX_CONFIG;
    return false;
  }
  warn_of_missing_retired_keys(*snapshots_.back(), *dispatcher_);
  return true;
}

bool Gateway::drop_privileges(StartFailure& failure) {
  if (!become_user(config_->user, failure.problems)) {
    failure.exit_code = EX_NOPERM;
    return false;
  }
  if (geteuid() == 0) {
    log_event(LogLevel::Warning, "running_as_root", {{"text", "set `user` in the configuration"}});
  }
  is_memory_locked_ = lock_memory();
  if (!is_memory_locked_) {
    log_event(LogLevel::Warning, "memory_not_locked",
              {{"text", "message content may reach the swap device; set LimitMEMLOCK=infinity"}});
  }
  return true;
}

bool Gateway::open_outputs(StartFailure& failure) {
  audit_ = std::make_unique<AuditLog>(config_->audit_log, config_->shard_count());
  const int audit_failure = audit_->open();
  if (audit_failure != 0) {
    return fail(
        failure, EX_CANTCREAT,
        Problem{config_->audit_log, "the audit log cannot be opened: " + errno_text(audit_failure) +
                                        "; create its directory for the service's user"});
  }
  status_ = std::make_unique<StatusServer>(config_->status_socket);
  const int status_failure = status_->open();
  if (status_failure != 0) {
    return fail(failure, EX_CANTCREAT,
                Problem{config_->status_socket,
                        "the status socket cannot be made: " + errno_text(status_failure) +
                            "; create its directory for the service's user, and run one sealgated "
                            "for each socket"});
  }
  return true;
}

bool Gateway::begin_work(StartFailure& failure) {
  if (config_->is_sandboxed) {
    const Result<void> sandboxed = enter_sandbox();
    if (!sandboxed) {
      return fail(failure, EX_OSERR, Problem{"", text_of(sandboxed.error())});
    }
  } else {
    log_event(LogLevel::Warning, "sandbox_off", {{"text", "sandbox = \"off\" is configured"}});
  }
  std::vector<std::unique_ptr<hsm::KeyQueue>> queues;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    queues.push_back(dispatcher_->create_queue(shard->wake_descriptor()));
  }
  dispatcher_->start();
  audit_->start();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->start(std::move(queues[i]), audit_->queue(i), snapshots_.back());
  }
  status_->start([this] { return status_facts(); });
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    log_event(LogLevel::Info, "listening",
              {{"address", endpoints_[i].address},
               {"port", endpoints_[i].port},
               {"protocol", config_->listeners[i].speaks_lmtp ? "lmtp" : "smtp"}});
  }
  log_event(LogLevel::Notice, "ready",
            {{"version", kVersion},
             {"generation", generation_},
             {"shards", shards_.size()},
             {"identities", snapshots_.back()->identities().size()},
             {"contacts", snapshots_.back()->contacts().size()}});
  notify_supervisor("READY=1\nSTATUS=Sealing mail.");
  return true;
}

void Gateway::serve() {
  const std::optional<Duration> watchdog = watchdog_pause();
  TimePoint watchdog_due = monotonic_now();
  const Duration tick = watchdog ? std::min(*watchdog / 2, kTickPause) : kTickPause;
  const auto tick_millis = static_cast<int>(std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(tick).count(), 1));
  for (;;) {
    pollfd ready{signal_descriptor_, POLLIN, 0};
    poll(&ready, 1, tick_millis);
    signalfd_siginfo signal{};
    while (read(signal_descriptor_, &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo != SIGHUP) {
        return;
      }
      reload();
    }
    watch_tokens();
    forget_old_snapshots();
    const TimePoint now = monotonic_now();
    if (watchdog && now >= watchdog_due && is_alive()) {
      notify_supervisor("WATCHDOG=1");
      watchdog_due = now + *watchdog;
    }
  }
}

void Gateway::reload() {
  notify_supervisor("RELOADING=1");
  audit_->reopen();
  LoadedSnapshot loaded = load_snapshot(*config_, generation_ + 1);
  if (loaded.snapshot != nullptr) {
    Problems missing = missing_keys(*loaded.snapshot, *dispatcher_);
    if (!missing.empty()) {
      loaded.snapshot = nullptr;
      loaded.problems = std::move(missing);
    }
  }
  if (loaded.snapshot == nullptr) {
    reloads_refused_.fetch_add(1);
    log_problems(LogLevel::Error, "reload_problem", loaded.problems);
    log_event(LogLevel::Error, "reload_refused",
              {{"generation", generation_},
               {"text", "the last good policy and certificates stay in force"}});
  } else {
    log_problems(LogLevel::Warning, "snapshot_warning", loaded.problems);
    warn_of_missing_retired_keys(*loaded.snapshot, *dispatcher_);
    ++generation_;
    snapshots_.push_back(std::move(loaded.snapshot));
    for (const std::unique_ptr<Shard>& shard : shards_) {
      shard->adopt(snapshots_.back());
    }
    published_generation_.store(generation_);
    log_event(LogLevel::Notice, "reloaded",
              {{"generation", generation_},
               {"identities", snapshots_.back()->identities().size()},
               {"contacts", snapshots_.back()->contacts().size()}});
  }
  notify_supervisor("READY=1");
}

void Gateway::watch_tokens() {
  const std::vector<hsm::TokenStatus> tokens = dispatcher_->status();
  token_states_.resize(tokens.size(), hsm::TokenState::Ready);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].state == token_states_[i]) {
      continue;
    }
    token_states_[i] = tokens[i].state;
    const bool is_ready = tokens[i].state == hsm::TokenState::Ready;
    const ErrorKind* const error = tokens[i].error;
    log_event(is_ready ? LogLevel::Notice : LogLevel::Error, "token_state",
              {{"token", tokens[i].uri},
               {"state", name_of(tokens[i].state)},
               {"reason", is_ready || error == nullptr ? "" : error->text}});
  }
}

void Gateway::forget_old_snapshots() {
  // 1: only this list holds it, and only this thread hands it out.
  const auto end = std::remove_if(snapshots_.begin(), snapshots_.end() - 1,
                                  [](const auto& snapshot) { return snapshot.use_count() == 1; });
  snapshots_.erase(end, snapshots_.end() - 1);
}

bool Gateway::is_alive() const {
  const auto now = static_cast<std::uint64_t>(monotonic_now().time_since_epoch().count());
  return std::all_of(shards_.begin(), shards_.end(), [&](const auto& shard) {
    const std::uint64_t last = shard->metrics().read().last_turn_nanos;
    return last == 0 || last + static_cast<std::uint64_t>(kShardSilenceMax.count()) > now;
  });
}

void Gateway::drain() {
  notify_supervisor("STOPPING=1");
  log_event(LogLevel::Notice, "draining", {});
  is_draining_.store(true);
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->begin_drain();
  }
  const TimePoint limit = monotonic_now() + config_->drain_timeout;
  const auto has_ended = [](const std::unique_ptr<Shard>& shard) { return shard->has_ended(); };
  while (!std::all_of(shards_.begin(), shards_.end(), has_ended)) {
    signalfd_siginfo signal{};
    const bool is_impatient = read(signal_descriptor_, &signal, sizeof signal) == sizeof signal &&
                              signal.ssi_signo != SIGHUP;
    if (monotonic_now() >= limit || is_impatient) {
      log_event(LogLevel::Warning, "drain_cut_short",
                {{"text", "messages in flight stay with their clients, who send them again"}});
      break;
    }
    poll(nullptr, 0, kDrainTickMillis);
  }
  for (const std::unique_ptr<Shard>& shard : shards_) {
    if (!shard->has_ended()) {
      shard->stop();
    }
    shard->join();
  }
  status_->stop();
  const std::uint64_t unwritten = audit_->stop();
  if (unwritten != 0) {
    log_event(LogLevel::Error, "audit_records_lost", {{"count", unwritten}});
  }
  log_event(LogLevel::Notice, "stopped", {});
}

StatusFacts Gateway::status_facts() const {
  const Now now = read_clock();
  StatusFacts facts;
  facts.version = kVersion;
  facts.hostname = config_->hostname;
  facts.pid = static_cast<std::uint64_t>(getpid());
  facts.started = started_.wall;
  facts.uptime = now.monotonic - started_.monotonic;
  facts.generation = published_generation_.load();
  facts.reloads_refused = reloads_refused_.load();
  facts.is_draining = is_draining_.load();
  facts.is_sandboxed = config_->is_sandboxed;
  facts.is_memory_locked = is_memory_locked_;
  facts.audit_written = audit_->written();
  facts.audit_failures = audit_->failures();
  facts.segments = config_->segments;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const netio::ListenerSettings& listener = config_->listeners[i];
    facts.listeners.push_back(ListenerStatus{
        endpoints_[i], listener.direction == engine::Direction::Outbound, listener.speaks_lmtp});
  }
  for (const std::unique_ptr<Shard>& shard : shards_) {
    facts.shards.push_back(shard->metrics().read());
  }
  facts.tokens = dispatcher_->status();
  return facts;
}

}  // namespace sealgate::app
