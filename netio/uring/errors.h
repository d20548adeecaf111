// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong between Sealgate and the kernel's network. Error::detail() is the errno.
#pragma once

#include "base/error.h"

namespace sealgate::netio {

inline constexpr ErrorKind kUringForbidden{
    ErrorClass::Misconfigured, "netio.uring_forbidden",
    "The kernel refuses io_uring: set the sysctl kernel.io_uring_disabled=0, and in a container "
    "use a seccomp profile that allows io_uring_setup, io_uring_enter and io_uring_register."};
inline constexpr ErrorKind kUringTooOld{
    ErrorClass::Misconfigured, "netio.uring_too_old",
    "This kernel's io_uring lacks operations that Sealgate needs; run Linux 6.1 or newer."};
inline constexpr ErrorKind kUringMemoryUnavailable{
    ErrorClass::Misconfigured, "netio.uring_memory_unavailable",
    "The kernel gives no memory for an io_uring; raise LimitMEMLOCK= of the unit."};
inline constexpr ErrorKind kDescriptorsTooFew{
    ErrorClass::Misconfigured, "netio.descriptors_too_few",
    "The process may open fewer files than connections are configured; raise LimitNOFILE= of the "
    "unit or lower the connection limits."};
inline constexpr ErrorKind kEndpointInvalid{
    ErrorClass::Misconfigured, "netio.endpoint_invalid",
    "A listener's address must be a numeric IPv4 or IPv6 address."};
inline constexpr ErrorKind kListenFailed{
    ErrorClass::Misconfigured, "netio.listen_failed",
    "The listener cannot be opened: check that the address is this machine's, that no other "
    "program has the port, and that a port below 1024 is allowed (CAP_NET_BIND_SERVICE or a "
    "socket unit)."};
inline constexpr ErrorKind kNotAListener{
    ErrorClass::Misconfigured, "netio.not_a_listener",
    "A descriptor handed over as a listener is not a listening TCP socket; check the socket unit."};

}  // namespace sealgate::netio
