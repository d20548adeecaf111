// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate::app {

inline constexpr ErrorKind kMessageFileUnavailable{
    ErrorClass::Exhausted, "app.message_file_unavailable",
    "A message cannot be put into memory for its inspection; give the machine more memory or "
    "file descriptors."};
inline constexpr ErrorKind kScanProgramNotStarted{
    ErrorClass::Misconfigured, "app.scan_program_not_started",
    "The program that scans the content of mail cannot be started; install sealgate-scan beside "
    "sealgated."};
inline constexpr ErrorKind kScanProgramNotReady{
    ErrorClass::Misconfigured, "app.scan_program_not_ready",
    "The program that scans the content of mail ended before it was ready; it needs libmagic's "
    "database, a kernel with seccomp, and, started as root, the right to give that up."};
inline constexpr ErrorKind kScanRulesTooLong{
    ErrorClass::Misconfigured, "app.scan_rules_too_long",
    "The rules of the content scan exceed 64 KiB, or a pattern 1000 octets; use fewer patterns."};
inline constexpr ErrorKind kClamdNotFound{
    ErrorClass::Misconfigured, "app.clamd_not_found",
    "The host or the socket path of clamd cannot be used; correct the name, or the resolver."};
inline constexpr ErrorKind kInspectionLimitsInvalid{
    ErrorClass::Misconfigured, "app.inspection_limits_invalid",
    "A number for the inspection of mail is zero or too large; correct the configuration."};

}  // namespace sealgate::app
