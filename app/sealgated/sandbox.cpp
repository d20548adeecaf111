// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/sandbox.h"

#include <array>
#include <cerrno>
#include <memory>
#include <sched.h>
#include <seccomp.h>

#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

// Ends the process: nothing in a mail gateway or a PKCS#11 module calls these by accident.
constexpr std::array kDeadly = {
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "fsopen",
    "fsmount",
    "open_tree",
    "mount_setattr",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "setns",
    "unshare",
    "keyctl",
    "add_key",
    "request_key",
    "reboot",
    "swapon",
    "swapoff",
    "iopl",
    "ioperm",
    "open_by_handle_at",
    "name_to_handle_at",
    "acct",
    "quotactl",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "personality",
    "process_madvise",
    "pidfd_getfd",
};

// In the order: memory and threads; time; files; descriptors; network; io_uring; the process.
constexpr std::array kAllowed = {
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "brk",
    "mlock",
    "mlock2",
    "munlock",
    "mlockall",
    "munlockall",
    "membarrier",
    "futex",
    "futex_waitv",
    "exit",
    "exit_group",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "gettid",
    "sched_yield",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_setscheduler",
    "getcpu",
    "arch_prctl",
    "restart_syscall",
    //
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "timer_create",
    "timer_settime",
    "timer_delete",
    "setitimer",
    "getitimer",
    //
    "open",
    "openat",
    "openat2",
    "close",
    "close_range",
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "preadv2",
    "pwritev2",
    "lseek",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "ftruncate",
    "truncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "flock",
    "fadvise64",
    "chmod",
    "fchmod",
    "fchmodat",
    "umask",
    "utimensat",
    "fchown",
    //
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "ioctl",
    "pipe",
    "pipe2",
    "eventfd",
    "eventfd2",
    "signalfd",
    "signalfd4",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "memfd_create",
    "inotify_init1",
    "inotify_add_watch",
    "inotify_rm_watch",
    //
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    //
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    //
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigpending",
    "rt_sigtimedwait",
    "rt_sigsuspend",
    "sigaltstack",
    "tgkill",
    "getpid",
    "getppid",
    "getpgrp",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "getrandom",
    "getrlimit",
    "setrlimit",
    "prlimit64",
    "getrusage",
    "sysinfo",
    "uname",
    "prctl",
    "capget",
    "getpriority",
    "times",
    "semget",
    "semop",
    "semtimedop",
    "semctl",
    "shmget",
    "shmat",
    "shmdt",
    "shmctl",
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

// A call that this architecture or this libseccomp does not know needs no rule.
bool add_rules(const Filter& filter, std::uint32_t action, const char* const* names,
               std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int number = seccomp_syscall_resolve_name(names[i]);
    if (number < 0) {
      continue;
    }
    if (seccomp_rule_add(filter.get(), action, number, 0) != 0) {
      return false;
    }
  }
  return true;
}

// Threads and children, but no name spaces: a user name space of its own would give a process all
// capabilities in it. What clone3() is asked for a filter cannot see; told that the kernel does
// not have it, the C library uses clone().
bool add_clone_rules(const Filter& filter) {
  constexpr std::uint64_t kNameSpaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                        CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                          SCMP_A0_64(SCMP_CMP_MASKED_EQ, kNameSpaces, 0)) == 0 &&
         seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

}  // namespace

Result<void> enter_sandbox() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr) {
    return kSandboxUnavailable;
  }
  const std::uint32_t deadly = kHasSanitizer ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS;
  const bool is_made = add_rules(filter, deadly, kDeadly.data(), kDeadly.size()) &&
                       add_rules(filter, SCMP_ACT_ALLOW, kAllowed.data(), kAllowed.size()) &&
                       add_clone_rules(filter) &&
                       // All threads: a module may have started some when it was loaded.
                       seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                       seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
  if (!is_made) {
    return kSandboxUnavailable;
  }
  const int failure = seccomp_load(filter.get());
  if (failure != 0) {
    return Error(kSandboxUnavailable, -failure);
  }
  return {};
}

}  // namespace sealgate::app
