// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/content_scanner.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <utility>

#include "app/inspection/errors.h"
#include "app/inspection/packet.h"
#include "app/inspection/scan_protocol.h"
#include "app/sealgated/sanitizers.h"
#include "hsm/dispatch/doorbell.h"

namespace sealgate::app {
namespace {

constexpr Duration kStartTimeout = std::chrono::seconds(20);
// The descriptor at which sealgate-scan finds its end of the socket.
constexpr int kControlDescriptor = 3;

// "/usr/sbin/sealgated" -> "/usr/sbin/sealgate-scan".
std::string program_beside_this() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return {};
  const std::string_view own(path.data(), static_cast<std::size_t>(length));
  return std::string(own.substr(0, own.rfind('/'))) + "/sealgate-scan";
}

// An errno, or 0.
int spawn(const std::string& program, int control, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, control, kControlDescriptor);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = "sealgate-scan";
  std::array<char*, 2> arguments{name.data(), nullptr};
  std::string locale = "LC_ALL=C.UTF-8";
  std::array<char*, 2> environment{locale.data(), nullptr};
  const int failure = posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(),
                                  kHasSanitizer ? environ : environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

Judgement unavailable(std::string_view reason, bool is_scanner_down) {
  return Judgement{Outcome::Unavailable, std::string(reason), is_scanner_down};
}

std::uint32_t millis_until(TimePoint until) {
  const Duration left = std::max(until - hsm::monotonic_now(), Duration::zero());
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
}

}  // namespace

Result<std::unique_ptr<ContentScanner>> ContentScanner::start(const ScanConfig& config) {
  const std::optional<Bytes> settings = encode_settings({config.rules, config.limits});
  if (!settings) return kScanRulesTooLong;
  auto [ours, theirs] = packet_pair();
  if (!ours.is_open()) return Error(kScanProgramNotStarted, errno);
  const std::string program = config.program.empty() ? program_beside_this() : config.program;
  pid_t child = 0;
  const int failure = spawn(program, theirs.number(), child);
  if (failure != 0) return Error(kScanProgramNotStarted, failure);
  theirs = Descriptor();
  std::unique_ptr<ContentScanner> scanner(new ContentScanner(std::move(ours), child));
  const Patience patience{hsm::monotonic_now() + kStartTimeout};
  const int control = scanner->control_.number();
  if (!send_packet(control, *settings, {}, patience)) return kScanProgramNotReady;
  const std::optional<Packet> answer = receive_packet(control, patience);
  if (!answer || answer->bytes != Bytes{kReadyByte}) return kScanProgramNotReady;
  return scanner;
}

ContentScanner::~ContentScanner() {
  // It ends when its socket does. In a process that may not wait for children any more, whoever
  // adopts it does.
  control_ = Descriptor();
  waitpid(supervisor_, nullptr, 0);
}

Judgement ContentScanner::scan(const SealedMessage& message, const Patience& patience) {
  auto [ours, theirs] = packet_pair();
  if (!ours.is_open()) return unavailable("no file descriptors are left for a scan", false);
  const std::array descriptors{theirs.number(), message.file.number()};
  if (!send_packet(control_.number(), encode_request(millis_until(patience.until)), descriptors,
                   patience)) {
    return unavailable("the content scanner does not run", false);
  }
  theirs = Descriptor();  // The worker has the only one left: its end is the end of our wait.
  const std::optional<Packet> packet = receive_packet(ours.number(), patience);
  const std::optional<Judgement> answer =
      packet ? decode_answer(packet->bytes) : std::optional<Judgement>();
  if (!answer) return unavailable("the content scan of this message did not come to an end", false);
  return *answer;
}

bool ContentScanner::is_running() const {
  pollfd state{control_.number(), 0, 0};
  return poll(&state, 1, 0) == 0;
}

}  // namespace sealgate::app
