// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/cli/certificate_report.h"
#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/cli/tokens.h"
#include "app/store/snapshot_loader.h"
#include "engine/message/snapshot.h"
#include "hsm/api/smime_capability.h"
#include "netio/uring/uring_transport.h"

namespace sealgate::app {
namespace {

enum class Verdict : std::uint8_t { Good, Warning, Bad };

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Good:
      return "good";
    case Verdict::Warning:
      return "warning";
    case Verdict::Bad:
      return "bad";
  }
  return "";
}

struct Finding {
  std::string area;
  Verdict verdict = Verdict::Good;
  std::string text;
};

class Doctor {
 public:
  Doctor(const CommandLine& line, Streams streams) : line_(line), streams_(streams) {}
  int run();

 private:
  void look(const std::string& area, Verdict verdict, std::string text) {
    findings_.push_back(Finding{area, verdict, std::move(text)});
  }
  void check_configuration();
  void check_snapshot(const NodeConfig& config);
  void check_tokens(const NodeConfig& config);
  void check_token(const TokenConfig& configured);
  void describe(const hsm::TokenReport& report);
  void check_identities();
  void check_kernel(const NodeConfig& config);
  void check_permissions(const NodeConfig& config);
  void check_folder(const std::string& path, const char* what);
  void print() const;

  const CommandLine& line_;
  Streams streams_;
  std::vector<Finding> findings_;
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::set<hsm::KeyId> keys_;
  bool has_every_token_ = true;
  Json tokens_ = Json::array();
};

void Doctor::check_snapshot(const NodeConfig& config) {
  LoadedSnapshot loaded = load_snapshot(config, 1);
  for (const Problem& problem : loaded.problems) {
    look("certificates", loaded.snapshot == nullptr ? Verdict::Bad : Verdict::Warning,
         problem.text());
  }
  snapshot_ = std::move(loaded.snapshot);
  if (snapshot_ == nullptr) {
    return;
  }
  look("certificates", Verdict::Good,
       std::to_string(snapshot_->identities().size()) + " identities, " +
           std::to_string(snapshot_->contacts().size()) + " contacts, " +
           std::to_string(snapshot_->trust().anchors().size()) + " trust anchors");
  if (snapshot_->identities().empty()) {
    look("certificates", Verdict::Warning,
         "there is no identity: nothing can be signed; sealgate cert add FILE --identity");
  }
  if (snapshot_->trust().anchors().empty()) {
    look("certificates", Verdict::Warning,
         "there is no trust anchor: no contact can be used; sealgate cert add FILE --anchor");
  }
}

void Doctor::check_identities() {
  if (snapshot_ == nullptr) {
    return;
  }
  const WallTime now(std::chrono::seconds(std::time(nullptr)));
  const ReportScope scope{.now = now, .compromised = snapshot_->compromised_keys()};
  for (const engine::trust::Identity& identity : snapshot_->identities()) {
    const CertificateReport report = report_on(scope, identity.certificate, CertKind::Identity,
                                               identity.origin, identity.address);
    for (const std::string& warning : report.warnings) {
      look("identity", Verdict::Warning, identity.origin + ": " + warning);
    }
    if (keys_.contains(identity.certificate->key_id())) {
      look("identity", Verdict::Good, identity.origin + ": its key is in a token");
    } else {
      look("identity", has_every_token_ ? Verdict::Bad : Verdict::Warning,
           identity.origin + ": no reachable token holds its private key; sealgated " +
               (has_every_token_ ? "does not start with it" : "answers 451 where it is needed"));
    }
  }
  for (const engine::trust::OpeningKey& key : snapshot_->opening_keys().keys()) {
    if (key.is_retired && !keys_.contains(key.certificate->key_id())) {
      look("retired", Verdict::Warning,
           key.origin +
               ": no reachable token holds its private key; mail sealed to it stays closed");
    }
  }
  for (const auto& [address, entries] : snapshot_->contacts().entries()) {
    for (const engine::trust::DirectoryEntry& entry : entries) {
      if (now + std::chrono::days(kExpiryWarningDays) > entry.certificate->not_after()) {
        look("contact", Verdict::Warning,
             entry.origin + " (" + address + ") expires or has expired; get a newer one");
      }
    }
  }
}

void Doctor::describe(const hsm::TokenReport& report) {
  const std::string name = "token " + printable(report.label);
  look(name, Verdict::Good,
       printable(report.manufacturer) + " " + printable(report.model) + ", serial " +
           printable(report.serial) + ", firmware " + printable(report.firmware_version) +
           "; library " + printable(report.library_description) + " " +
           printable(report.library_version) + ", Cryptoki " + report.cryptoki_version);
  for (const std::string& state : report.states) {
    // Every token in use has a PIN and wants it.
    const bool is_usual = state == "login required" || state == "user PIN set";
    look(name, is_usual ? Verdict::Good : Verdict::Warning, state);
  }
  for (const hsm::KeyReport& key : report.keys) {
    keys_.insert(key.id);
    if (key.is_extractable || !key.is_sensitive) {
      look(name, Verdict::Warning,
           "key " + printable(key.label) + " can leave the token; make a new one there");
    }
    if (key.always_authenticate) {
      look(name, Verdict::Warning,
           "key " + printable(key.label) + " wants a login for each use, which is slow");
    }
  }
  Json capabilities = Json::array();
  for (const hsm::SmimeCapability& capability : hsm::smime_capabilities(report)) {
    // What a token lacks is no fault of it; what it promises and fails is.
    const bool is_broken = capability.state == hsm::CapabilityState::Unusable;
    look(name, is_broken ? Verdict::Warning : Verdict::Good,
         capability.name + ": " + capability.sentence);
    capabilities.push_back(Json{{"name", capability.name},
                                {"state", hsm::name_of(capability.state)},
                                {"text", capability.sentence}});
  }
  tokens_.push_back(Json{{"label", printable(report.label)},
                         {"manufacturer", printable(report.manufacturer)},
                         {"model", printable(report.model)},
                         {"serial", printable(report.serial)},
                         {"keys", report.keys.size()},
                         {"mechanisms", report.mechanisms.size()},
                         {"capabilities", std::move(capabilities)}});
}

void Doctor::check_token(const TokenConfig& configured) {
  const std::string name = "token " + configured.settings.uri;
  const Result<std::unique_ptr<hsm::Token>> token = open_token(configured.settings);
  if (!token) {
    has_every_token_ = false;
    look(name, Verdict::Bad, explain_error(token.error()));
    return;
  }
  const Result<hsm::TokenReport> report = token.value()->report();
  if (!report) {
    has_every_token_ = false;
    look(name, Verdict::Bad, explain_error(report.error()));
    return;
  }
  describe(report.value());
}

void Doctor::check_tokens(const NodeConfig& config) {
  if (config.tokens.empty()) {
    look("token", Verdict::Bad, "there is no [[tokens]] in the configuration");
  }
  for (const TokenConfig& token : config.tokens) {
    check_token(token);
  }
}

void Doctor::check_kernel(const NodeConfig& config) {
  constexpr std::uint32_t kTrialSegments = 256;
  const Result<std::unique_ptr<SegmentPool>> pool = SegmentPool::create(kTrialSegments);
  if (pool) {
    const auto transport = netio::UringTransport::create(*pool.value(), netio::UringOptions());
    if (!transport) {
      look("io_uring", Verdict::Bad, explain_error(transport.error()));
    } else {
      look("io_uring", Verdict::Good,
           transport.value()->receive_mode() == netio::ReceiveMode::BufferRing
               ? "works, with multishot receive"
               : "works, without multishot receive: Linux 6.1 or newer is faster");
    }
  }
  std::ifstream actions("/proc/sys/kernel/seccomp/actions_avail");
  std::string text((std::istreambuf_iterator<char>(actions)), std::istreambuf_iterator<char>());
  if (text.find("kill_process") == std::string::npos) {
    look("sandbox", Verdict::Bad, "the kernel has no seccomp filter that ends a process");
  } else if (!config.is_sandboxed) {
    look("sandbox", Verdict::Warning, "sandbox = \"off\" is configured");
  } else {
    look("sandbox", Verdict::Good, "system calls are filtered once sealgated has started");
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  std::uint64_t needed = config.next_hop_connections_max;
  for (const netio::ListenerSettings& listener : config.listeners) {
    needed += listener.connections_max;
  }
  needed = needed * config.shard_count() + 64;
  look("limits", files.rlim_max < needed ? Verdict::Warning : Verdict::Good,
       "open files: " + std::to_string(files.rlim_max) + " allowed here, " +
           std::to_string(needed) + " needed by the configured connections");
  const std::uint64_t mebibytes =
      config.shard_count() * config.segments * std::uint64_t{kSegmentBytes} >> 20U;
  look("limits", Verdict::Good,
       "message buffers: " + std::to_string(mebibytes) + " MiB when all are in use");
}

void Doctor::check_folder(const std::string& path, const char* what) {
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    const int failure = errno;
    look("permissions", failure == ENOENT ? Verdict::Bad : Verdict::Warning,
         path + " (" + what + ") " +
             (failure == ENOENT ? "does not exist; `sealgate init` makes it"
                                : "cannot be written by this user; sealgated's user must"));
  }
}

void Doctor::check_permissions(const NodeConfig& config) {
  const std::size_t before = findings_.size();
  check_folder(config.state_directory, "certificates");
  check_folder(std::filesystem::path(config.audit_log).parent_path().string(), "audit log");
  check_folder(std::filesystem::path(config.status_socket).parent_path().string(), "status socket");
  struct stat status {};
  for (const TokenConfig& token : config.tokens) {
    const std::string& file = token.settings.pin_file;
    if (!file.empty() && stat(file.c_str(), &status) == 0 && (status.st_mode & 0077U) != 0) {
      look("permissions", (status.st_mode & 0007U) != 0 ? Verdict::Bad : Verdict::Warning,
           file + ": others than its owner can read or write the PIN; chmod 600");
    }
  }
  if (stat(config.file.c_str(), &status) == 0 && (status.st_mode & 0022U) != 0) {
    look("permissions", Verdict::Bad, config.file + ": others can write it; chmod go-w");
  }
  if (findings_.size() == before) {
    look("permissions", Verdict::Good, "files and folders are as they should be");
  }
}

void Doctor::check_configuration() {
  Problems problems;
  const std::optional<NodeConfig> config =
      load_config(line_.config_file, ConfigUse::Daemon, problems);
  for (const Problem& problem : problems) {
    look("configuration", Verdict::Bad, problem.text());
  }
  if (!config) {
    return;
  }
  look("configuration", Verdict::Good, line_.config_file);
  check_permissions(*config);
  check_kernel(*config);
  check_snapshot(*config);
  check_tokens(*config);
  check_identities();
}

void Doctor::print() const {
  if (line_.wants_json) {
    Json list = Json::array();
    for (const Finding& finding : findings_) {
      list.push_back(Json{
          {"area", finding.area}, {"verdict", name_of(finding.verdict)}, {"text", finding.text}});
    }
    print_json(Json{{"findings", list}, {"tokens", tokens_}}, streams_.out);
    return;
  }
  std::string area;
  for (const Finding& finding : findings_) {
    if (finding.area != area) {
      streams_.out << finding.area << "\n";
      area = finding.area;
    }
    streams_.out << (finding.verdict == Verdict::Good      ? "  ok       "
                     : finding.verdict == Verdict::Warning ? "  WARNING  "
                                                           : "  BAD      ")
                 << finding.text << "\n";
  }
}

int Doctor::run() {
  check_configuration();
  print();
  for (const Finding& finding : findings_) {
    if (finding.verdict == Verdict::Bad) {
      return EX_CONFIG;
    }
  }
  return EX_OK;
}

}  // namespace

int run_doctor(const CommandLine& line, Streams streams) {
  return Doctor(line, streams).run();
}

}  // namespace sealgate::app
