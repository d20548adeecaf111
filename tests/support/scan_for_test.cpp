// SPDX-License-Identifier: Apache-2.0
//
// sealgate-scan with a scan function that does what the message says: the misfortunes and the
// crimes of a worker, for the tests of what is around it.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <map>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "app/inspection/scan/program.h"

namespace {

using sealgate::app::Judgement;
using sealgate::app::Outcome;

Judgement refused(const std::string& reason) {
  return {Outcome::Refused, reason, false};
}

Judgement hang() {
  const std::atomic<int> never{0};
  never.wait(0);
  return {};
}

Judgement spin() {
  for (;;) {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  }
}

Judgement take_memory() {
  std::vector<std::string> taken;
  for (;;) taken.emplace_back(16U << 20U, 'x');
}

// Clean means that the crime succeeded.
Judgement attempt(std::int64_t result) {
  return result < 0 ? refused("errno " + std::to_string(errno))
                    : Judgement{Outcome::Clean, "", false};
}

Judgement map_code() {
  void* const memory =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return attempt(memory == MAP_FAILED ? -1 : 0);
}

Judgement send_elsewhere() {
  const sockaddr address{};
  return attempt(sendto(sealgate::app::kAnswerDescriptor, "x", 1, 0, &address, sizeof address));
}

const std::map<std::string, std::function<Judgement()>, std::less<>> kDeeds = {
    {"clean",
     [] {
       return Judgement{Outcome::Clean, "", false};
     }},
    {"refuse", [] { return refused("as told"); }},
    {"lie",
     [] {
       return Judgement{Outcome::Infected, "a worker may not say so", false};
     }},
    {"crash", []() -> Judgement { std::abort(); }},
    {"leave", []() -> Judgement { _exit(0); }},
    {"hang", hang},
    {"spin", spin},
    {"memory", take_memory},
    {"code", map_code},
    {"send", send_elsewhere},
    {"open", [] { return attempt(open("/etc/passwd", O_RDONLY)); }},
    {"socket", [] { return attempt(socket(AF_INET, SOCK_STREAM, 0)); }},
    {"fork", [] { return attempt(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0)); }},
    {"signal", [] { return attempt(syscall(SYS_kill, syscall(SYS_getppid), SIGKILL)); }},
    {"parent", [] { return attempt(syscall(SYS_getppid)); }},
    {"change", [] { return attempt(pwrite(4, "x", 1, 0)); }},
};

}  // namespace

int main() {
  return sealgate::app::run_scan_program(
      [](sealgate::ByteView message, const sealgate::app::ScanSettings&) {
        const auto deed = kDeeds.find(sealgate::as_text(message));
        return deed == kDeeds.end() ? refused("no such deed") : deed->second();
      });
}
