// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/worker.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <optional>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

constexpr int kMessageDescriptor = 4;

// Address space beside what grows with the message: the program, its libraries and their working
// memory (a dictionary of LZMA alone may take 64 MiB and more).
constexpr std::uint64_t kSpaceBytes = 768ULL << 20U;
// The message itself, and what is decoded from it in a vector that grew by doubling.
constexpr std::uint64_t kSpacePerMessageByte = 4;
// The same for what is unpacked.
constexpr std::uint64_t kSpacePerUnpackedByte = 3;

// Sent as they are by signal and out-of-memory handlers, which may not allocate.
struct LastWords {
  Bytes out_of_time;
  Bytes out_of_memory;
};
LastWords* last_words = nullptr;

bool send_answer(const Bytes& answer) {
  return send(kAnswerDescriptor, answer.data(), answer.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(answer.size());
}

[[noreturn]] void end_with(const Bytes& answer) {
  _exit(send_answer(answer) ? 0 : 1);
}

void prepare_last_words(const ScanSettings& settings) {
  static LastWords words;
  words.out_of_time =
      encode_answer({Outcome::Refused,
                     "the content scan takes more than " +
                         std::to_string(settings.limits.cpu_seconds_max) + " s of CPU time",
                     false});
  words.out_of_memory =
      encode_answer({Outcome::Refused, "the content scan takes more memory than it may", false});
  last_words = &words;
  struct sigaction on_time {};
  on_time.sa_handler = [](int) { end_with(last_words->out_of_time); };
  sigaction(SIGXCPU, &on_time, nullptr);
  std::set_new_handler([] { end_with(last_words->out_of_memory); });
}

bool set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  return setrlimit(resource, &limit) == 0;
}

bool set_limits(const ScanLimits& limits, std::uint64_t message_bytes) {
  // Address sanitizers take terabytes of it.
  const std::uint64_t space = kSpaceBytes + kSpacePerMessageByte * message_bytes +
                              kSpacePerUnpackedByte * limits.unpacked_bytes_max;
  return set_limit(RLIMIT_CPU, limits.cpu_seconds_max, limits.cpu_seconds_max + 1) &&
         (kHasSanitizer || set_limit(RLIMIT_AS, space, space)) && set_limit(RLIMIT_FSIZE, 0, 0) &&
         set_limit(RLIMIT_NOFILE, 0, 0) && set_limit(RLIMIT_NPROC, 0, 0) &&
         set_limit(RLIMIT_CORE, 0, 0);
}

// Only the answer and the message stay open.
bool arrange_descriptors(const WorkerTask& task) {
  const int answer = fcntl(task.answer, F_DUPFD, kMessageDescriptor + 1);
  const int message = fcntl(task.message, F_DUPFD, kMessageDescriptor + 1);
  return answer >= 0 && message >= 0 && dup2(answer, kAnswerDescriptor) >= 0 &&
         dup2(message, kMessageDescriptor) >= 0 &&
         // Standard error belongs to sealgated's log, which a worker has no business with.
         (kHasSanitizer || dup2(STDIN_FILENO, STDERR_FILENO) >= 0) &&
         close_range(kMessageDescriptor + 1, ~0U, 0) == 0;
}

std::optional<ByteView> map_message() {
  struct stat status {};
  if (fstat(kMessageDescriptor, &status) != 0 || status.st_size < 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return ByteView();
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, kMessageDescriptor, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  return ByteView(static_cast<const std::uint8_t*>(memory), size);
}

}  // namespace

void run_worker(const WorkerTask& task, const ScanSettings& settings, const SyscallFilter& filter,
                const ScanFunction& scan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool is_orphan = getppid() != task.supervisor;
  if (is_orphan || !arrange_descriptors(task)) _exit(1);
  const std::optional<ByteView> message = map_message();
  if (!message) _exit(1);
  prepare_last_words(settings);
  if (!set_limits(settings.limits, message->size()) || !filter.enter()) _exit(1);
  end_with(encode_answer(scan(*message, settings)));
}

}  // namespace sealgate::app
