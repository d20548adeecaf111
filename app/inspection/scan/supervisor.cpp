// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <grp.h>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include <utility>

#include "app/sealgated/sanitizers.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {
namespace {

// Debian's nobody, in every Debian.
constexpr uid_t kNobody = 65534;

constexpr Duration kSettingsTimeout = std::chrono::seconds(20);

// Root has no place here: whoever breaks out of a worker would have it.
bool give_up_rights() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
                         setresuid(kNobody, kNobody, kNobody) != 0)) {
    return false;
  }
  if (!kHasSanitizer) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

// It ends with its socket and not before: the process that it serves drains on SIGTERM, which a
// terminal or a service manager sends to both.
Descriptor arrange_signals() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, nullptr);
  return Descriptor(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

int Supervisor::run(int control, const ScanFunction& scan) {
  if (!give_up_rights()) return EX_NOPERM;
  std::optional<SyscallFilter> filter = SyscallFilter::make(kAnswerDescriptor);
  if (!filter) return EX_OSERR;
  const Patience patience{hsm::monotonic_now() + kSettingsTimeout};
  const std::optional<Packet> packet = receive_packet(control, patience);
  std::optional<ScanSettings> settings =
      packet ? decode_settings(packet->bytes) : std::optional<ScanSettings>();
  if (!settings) return EX_PROTOCOL;
  Supervisor supervisor(control, std::move(*settings), std::move(*filter), scan);
  if (!supervisor.child_signal_.is_open()) return EX_OSERR;
  if (!send_packet(control, Bytes{kReadyByte}, {}, patience)) return EX_PROTOCOL;
  supervisor.serve();
  return EX_OK;
}

Supervisor::Supervisor(int control, ScanSettings settings, SyscallFilter filter,
                       const ScanFunction& scan)
    : control_(control),
      settings_(std::move(settings)),
      filter_(std::move(filter)),
      scan_(scan),
      child_signal_(arrange_signals()) {}

void Supervisor::serve() {
  for (;;) {
    std::array<pollfd, 2> watched{{{control_, POLLIN, 0}, {child_signal_.number(), POLLIN, 0}}};
    poll(watched.data(), watched.size(), poll_millis());
    if (watched[1].revents != 0) reap();
    if (watched[0].revents != 0) {
      const std::optional<Packet> request =
          receive_packet(control_, Patience{hsm::monotonic_now()});
      if (request) {
        take_request(*request);
      } else if ((watched[0].revents & POLLHUP) != 0) {
        break;
      }
    }
    kill_overdue();
  }
  for (const Worker& worker : workers_) kill(worker.process, SIGKILL);
}

void Supervisor::take_request(const Packet& request) {
  const std::optional<std::uint32_t> life_millis = decode_request(request.bytes);
  if (!life_millis || request.descriptors.size() != 2 || workers_.size() >= kWorkersMax) {
    return;  // Its descriptors close: who waits learns that there is no answer.
  }
  start_worker(request, std::chrono::milliseconds(*life_millis));
}

void Supervisor::start_worker(const Packet& request, Duration life) {
  const pid_t supervisor = getpid();
  const pid_t worker = fork();
  if (worker == 0) {
    run_worker({request.descriptors[0].number(), request.descriptors[1].number(), supervisor},
               settings_, filter_, scan_);
  }
  if (worker > 0) workers_.push_back({worker, hsm::monotonic_now() + life});
}

void Supervisor::reap() {
  signalfd_siginfo signal{};
  while (read(child_signal_.number(), &signal, sizeof signal) == sizeof signal) {
  }
  for (pid_t ended = 0; (ended = waitpid(-1, nullptr, WNOHANG)) > 0;) {
    workers_.erase(std::remove_if(workers_.begin(), workers_.end(),
                                  [&](const Worker& worker) { return worker.process == ended; }),
                   workers_.end());
  }
}

void Supervisor::kill_overdue() {
  const TimePoint now = hsm::monotonic_now();
  for (Worker& worker : workers_) {
    if (worker.killed_at > now) continue;
    kill(worker.process, SIGKILL);
    worker.killed_at = TimePoint::max();  // Once: its end is on its way.
  }
}

int Supervisor::poll_millis() const {
  TimePoint next = TimePoint::max();
  for (const Worker& worker : workers_) next = std::min(next, worker.killed_at);
  if (next == TimePoint::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - hsm::monotonic_now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

}  // namespace sealgate::app
