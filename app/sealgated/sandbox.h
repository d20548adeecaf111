// SPDX-License-Identifier: Apache-2.0
//
// The system calls that sealgated keeps once it has started (seccomp). An allow-list: what is not
// on it fails with EPERM, so that an odd call in a vendor's module is an error to that module and
// not the end of the gateway. What only an attacker wants (another program, a debugger, mounts,
// modules, namespaces) ends the process at once.
//
// There is no Landlock on top: which files a vendor's module needs is not known to us, and what
// the unit file says (ProtectSystem=, ReadWritePaths=) binds the modules too.
#pragma once

#include "base/result.h"

namespace sealgate::app {

inline constexpr ErrorKind kSandboxUnavailable{
    ErrorClass::Misconfigured, "app.sandbox_unavailable",
    "The kernel does not take the system-call filter; use a kernel with seccomp, or set sandbox = "
    "\"off\" and know what that means."};

// Closes the sandbox for all threads of the process, for good. Fails with kSandboxUnavailable.
Result<void> enter_sandbox();

}  // namespace sealgate::app
