// SPDX-License-Identifier: Apache-2.0
#include "app/inspection/scan/syscall_filter.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/seccomp.h>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/inspection/descriptor.h"
#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

constexpr std::array kAllowed = {
    "munmap",          "mremap",    "madvise", "brk",        "futex",        "clock_gettime",
    "gettimeofday",    "time",      "exit",    "exit_group", "rt_sigreturn", "sched_yield",
    "restart_syscall", "getrandom",
};

// The C library and libarchive look for a time zone or a character set now and then: to them
// there is none. Whatever else is not allowed ends the process.
constexpr std::array kDenied = {
    "open",  "openat",     "access",   "faccessat",  "faccessat2", "stat",  "lstat",
    "statx", "newfstatat", "readlink", "readlinkat", "fstat",      "uname", "getcwd",
};

// What a sanitizer's run-time does besides, in the builds that have one.
constexpr std::array kSanitizer = {
    "rt_sigaction",
    "rt_sigprocmask",
    "sigaltstack",
    "getpid",
    "gettid",
    "tgkill",
    "write",
    "read",
    "close",
    "prctl",
    "sched_getaffinity",
    "getrlimit",
    "prlimit64",
    "nanosleep",
    "clock_nanosleep",
    "set_robust_list",
    "rseq",
    "getuid",
    "ioctl",
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

template <std::size_t Count>
bool add_rules(const Filter& filter, std::uint32_t action,
               const std::array<const char*, Count>& names) {
  for (const char* const name : names) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0 && seccomp_rule_add(filter.get(), action, number, 0) != 0) return false;
  }
  return true;
}

// Memory of its own that never becomes code.
bool add_memory_rules(const Filter& filter) {
  return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                          SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                          SCMP_A3_64(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) == 0 &&
         seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                          SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

bool add_answer_rule(const Filter& filter, int descriptor) {
  return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2,
                          SCMP_A0_64(SCMP_CMP_EQ, static_cast<std::uint64_t>(descriptor)),
                          SCMP_A4_64(SCMP_CMP_EQ, 0)) == 0;
}

}  // namespace

std::optional<SyscallFilter> SyscallFilter::make(int answer_descriptor) {
  const Filter filter(seccomp_init(kHasSanitizer ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS));
  if (filter == nullptr) return std::nullopt;
  const bool is_made = add_rules(filter, SCMP_ACT_ALLOW, kAllowed) &&
                       add_rules(filter, SCMP_ACT_ERRNO(EACCES), kDenied) &&
                       add_memory_rules(filter) && add_answer_rule(filter, answer_descriptor) &&
                       (!kHasSanitizer || add_rules(filter, SCMP_ACT_ALLOW, kSanitizer));
  const Descriptor file(memfd_create("filter", MFD_CLOEXEC));
  if (!is_made || seccomp_export_bpf(filter.get(), file.number()) != 0) return std::nullopt;
  SyscallFilter made;
  const off_t size = lseek(file.number(), 0, SEEK_END);
  const std::size_t count = size <= 0 ? 0 : static_cast<std::size_t>(size) / sizeof(sock_filter);
  if (count == 0) return std::nullopt;
  made.program_.resize(count);
  if (pread(file.number(), made.program_.data(), count * sizeof(sock_filter), 0) != size) {
    return std::nullopt;
  }
  return made;
}

bool SyscallFilter::enter() const {
  const sock_fprog program{static_cast<unsigned short>(program_.size()),
                           const_cast<sock_filter*>(program_.data())};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace sealgate::app
