// SPDX-License-Identifier: Apache-2.0
//
// How opened mail is inspected. Plain values; the defaults are sane for a gateway without a
// virus scanner beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sealgate::app {

// Globs: '*' is any run of characters, '?' any one; the case of ASCII letters does not matter.
struct ScanRules {
  // MIME types as libmagic finds them in the content, whatever the message declares.
  std::vector<std::string> forbidden_types = {
      "application/x-dosexec",    "application/vnd.microsoft.portable-executable",
      "application/x-executable", "application/x-pie-executable",
      "application/x-sharedlib",  "application/x-mach-binary",
      "application/x-msi",        "application/x-ms-shortcut",
  };
  // Names of attachments and of members of archives, without their folders.
  std::vector<std::string> forbidden_names = {
      "*.exe", "*.scr", "*.com", "*.pif", "*.bat", "*.cmd", "*.msi", "*.cpl", "*.lnk",
      "*.hta", "*.vbs", "*.vbe", "*.jse", "*.wsf", "*.wsh", "*.ps1", "*.jar",
  };
  bool refuses_encrypted_archives = false;
  // An executable called .pdf, a ZIP archive called .jpg.
  bool refuses_type_mismatch = true;
  // What claims to be an archive but cannot be taken apart here may well open for its reader.
  bool refuses_unreadable_archives = true;
};

// Beyond any of them a message is refused.
struct ScanLimits {
  std::uint32_t depth_max = 3;  // Archives, and messages as files, inside each other.
  std::uint32_t members_max = 10'000;
  std::uint64_t unpacked_bytes_max = 100ULL << 20U;
  std::uint32_t cpu_seconds_max = 10;
};

struct ScanConfig {
  bool is_on = true;
  // The program that scans; "" is sealgate-scan beside the running program's own file.
  std::string program;
  ScanRules rules;
  ScanLimits limits;
};

// ClamAV's daemon. Neither socket nor host: it is not asked.
//
// What clamd does with files above its own MaxFileSize or MaxScanSize is for clamd.conf to say:
// without `AlertExceedsMax yes` it calls them clean.
struct ClamdConfig {
  std::string socket;  // Path of its Unix socket: the message is passed as a descriptor.
  std::string host;    // Else a name or address, with `port`: the message is sent over TCP.
  std::uint16_t port = 3310;
  // Over TCP: above it a message is refused. As StreamMaxLength in clamd.conf.
  std::uint64_t stream_bytes_max = 100ULL << 20U;
  Duration connect_timeout = std::chrono::seconds(2);

  bool is_on() const { return !socket.empty() || !host.empty(); }
};

// What happens to mail while clamd cannot be reached.
enum class ScannerDown : std::uint8_t { Defer, Pass };

struct InspectionConfig {
  ScanConfig scan;
  ClamdConfig clamd;
  ScannerDown when_clamd_is_down = ScannerDown::Defer;
  // For one message, from its submission. Beyond it the result is Unavailable.
  Duration timeout = std::chrono::seconds(60);
  // Messages of one shard that may wait or be inspected; above it the result is Unavailable at
  // once. At most Inspector::kQueueMax.
  std::uint32_t queue_max = 256;
  // Messages inspected at the same time: threads here, processes beside. At most
  // Inspector::kThreadsMax.
  std::uint32_t threads = 4;

  bool is_on() const { return scan.is_on || clamd.is_on(); }
};

}  // namespace sealgate::app
