// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/privileges.h"

#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include "app/sealgated/sanitizers.h"

namespace sealgate::app {
namespace {

bool set_ids(const passwd& entry) {
  return initgroups(entry.pw_name, entry.pw_gid) == 0 &&
         setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) == 0 &&
         setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) == 0;
}

}  // namespace

void harden_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (!kHasSanitizer) {  // The leak checker attaches to its own process.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  }
}

bool become_user(const std::string& user, Problems& problems) {
  if (user.empty()) {
    return true;
  }
  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) {
    problems.push_back(Problem{
        "", "there is no user `" + user + "`; create it (systemd-sysusers) or correct `user`"});
    return false;
  }
  if (geteuid() == entry->pw_uid && getuid() == entry->pw_uid) {
    return true;
  }
  if (!set_ids(*entry)) {
    problems.push_back(Problem{"", "cannot become user `" + user + "`: " +
                                       std::error_code(errno, std::generic_category()).message() +
                                       "; start sealgated as root or as that user"});
    return false;
  }
  harden_process();  // A changed user makes the process dumpable again.
  return true;
}

void raise_memory_lock_limit() {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) {
    rlimit current{};
    getrlimit(RLIMIT_MEMLOCK, &current);
    current.rlim_cur = current.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &current);
  }
}

bool lock_memory() {
  // With a finite limit a later allocation would fail where locking it goes above: rather none.
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && geteuid() != 0) {
    return false;
  }
  // On fault: the buffers that were never used stay unused memory.
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

}  // namespace sealgate::app
