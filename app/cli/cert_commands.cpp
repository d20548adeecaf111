// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>
#include <sysexits.h>

#include "app/cli/certificate_report.h"
#include "app/cli/commands.h"
#include "app/config/file.h"
#include "app/config/utc.h"
#include "app/store/compromised_keys.h"
#include "app/store/pem.h"
#include "app/store/snapshot_loader.h"
#include "engine/trust/address.h"
#include "engine/trust/revocation_list.h"

namespace sealgate::app {
namespace {

using engine::trust::Certificate;
using engine::trust::CertificatePointer;

WallTime wall_now() {
  return WallTime(std::chrono::seconds(std::time(nullptr)));
}

ReportScope scope_of(const NodeConfig& config, Problems& problems) {
  return {.now = wall_now(),
          .compromised = engine::trust::CompromisedKeys(
              load_compromised_keys(config.state_directory, problems))};
}

constexpr mode_t kStoredMode = 0644;  // Certificates are public.

std::string folder_of(CertKind kind) {
  switch (kind) {
    case CertKind::Identity:
      return std::string(folder_of(CertificateRole::Identity));
    case CertKind::Retired:
      return std::string(folder_of(CertificateRole::Retired));
    case CertKind::Contact:
      return std::string(folder_of(CertificateRole::Contact));
    case CertKind::Anchor:
      return std::string(folder_of(CertificateRole::Anchor));
    case CertKind::Intermediate:
      return std::string(folder_of(CertificateRole::Intermediate));
    case CertKind::RevocationList:
      return std::string(kRevocationFolder);
  }
  return "";
}

struct Loaded {
  CertificatePointer certificate;
  std::string address;
};

std::vector<Loaded> load(const std::string& file, Problems& problems) {
  std::vector<Loaded> loaded;
  const std::optional<std::string> content = read_file(file, kStoredFileBytesMax, problems);
  if (!content) {
    return loaded;
  }
  for (StoredCertificate& stored : read_certificates(*content, file, problems)) {
    Result<CertificatePointer> parsed = Certificate::parse(stored.der);
    if (!parsed) {
      problems.push_back(Problem{file, std::string(parsed.error().kind().text)});
      continue;
    }
    loaded.push_back(Loaded{std::move(parsed).value(), std::move(stored.address)});
  }
  return loaded;
}

// A file name that says who it is: the first address or common name, and the key.
std::string name_for(const CertificateReport& report) {
  std::string name = report.address;
  if (name.empty() && !report.certificate->addresses().empty()) {
    name = report.certificate->addresses().front();
  }
  if (name.empty()) {
    name = report.certificate->subject_text();
  }
  std::string safe;
  for (const char c : name.substr(0, 80)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '@';
    safe += is_plain ? c : '_';
  }
  if (safe.empty() || safe.front() == '.') {
    safe.insert(safe.begin(), '_');
  }
  return safe + "-" + to_hex(ByteView(report.certificate->sha256()).first(4));
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

// The normal form of an address or "@domain"; "" for what is neither.
std::string binding_of(const std::string& text) {
  const Result<std::string> normal = text.starts_with('@') ? engine::trust::normal_domain(text)
                                                           : engine::trust::normal_address(text);
  return normal ? normal.value() : "";
}

std::string stored_text(const std::vector<Loaded>& chain, const std::string& address) {
  std::string text;
  for (const Loaded& loaded : chain) {
    text += "# " + printable(loaded.certificate->subject_text()) + "\n";
    if (!address.empty() && &loaded == &chain.front()) {
      text += "Sealgate-Address: " + address + "\n";
    }
    text += to_pem(loaded.certificate->der(), "CERTIFICATE");
  }
  return text;
}

// Writes one file of the state directory; its name is "folder/name.pem".
bool store(const NodeConfig& config, const CommandLine& line, const std::string& stem,
           const std::string& text, std::string& stored, Problems& problems) {
  const std::filesystem::path folder =
      std::filesystem::path(config.state_directory) / folder_of(line.cert_add.kind);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    problems.push_back(Problem{folder.string(), "cannot be made: " + error.message()});
    return false;
  }
  stored = folder_of(line.cert_add.kind) + "/" + stem + ".pem";
  const std::string path = (folder / (stem + ".pem")).string();
  const bool is_there = std::filesystem::exists(path, error);
  if (is_there && !line.cert_add.is_replacing) {
    Problems ignored;
    if (read_file(path, kStoredFileBytesMax, ignored) == text) {
      return true;  // Added before.
    }
    problems.push_back(Problem{path, "exists; use --replace, or another --name"});
    return false;
  }
  return write_file(path, text, kStoredMode, is_there ? Replace::Always : Replace::Never, problems);
}

int finish(const Json& reports, const Problems& problems, const CommandLine& line,
           Streams streams) {
  if (line.wants_json) {
    print_json(reports, streams.out);
  }
  print_problems(problems, streams.err);
  return problems.empty() ? EX_OK : EX_DATAERR;
}

int add_revocation_lists(const NodeConfig& config, const CommandLine& line, Streams streams) {
  Problems problems;
  Json reports = Json::array();
  for (const std::string& file : line.files) {
    const std::optional<std::string> content = read_file(file, kRevocationFileBytesMax, problems);
    if (!content) {
      continue;
    }
    std::string text;
    for (const Bytes& der : read_revocation_lists(*content, file, problems)) {
      const auto list = engine::trust::RevocationList::parse(der);
      if (!list) {
        problems.push_back(Problem{file, std::string(list.error().kind().text)});
        continue;
      }
      text += to_pem(der, "X509 CRL");
    }
    const std::string stem = line.cert_add.name.empty()
                                 ? std::filesystem::path(file).stem().string()
                                 : line.cert_add.name;
    std::string stored;
    if (!text.empty() && is_file_name(stem) && store(config, line, stem, text, stored, problems)) {
      reports.push_back(Json{{"stored", stored}});
      if (!line.wants_json) {
        streams.out << "stored " << stored << "\n";
      }
    }
  }
  return finish(reports, problems, line, streams);
}

std::vector<CertificateReport> report_folder(const NodeConfig& config, const ReportScope& scope,
                                             CertificateRole role, CertKind kind,
                                             Problems& problems) {
  std::vector<CertificateReport> reports;
  for (const std::string& file : certificate_files(config.state_directory, role, problems)) {
    const std::filesystem::path path(file);
    const std::string origin = (path.parent_path().filename() / path.filename()).string();
    bool is_first = true;
    for (Loaded& loaded : load(file, problems)) {
      // What follows an identity are its intermediates.
      const CertKind own = kind == CertKind::Identity && !is_first ? CertKind::Intermediate : kind;
      reports.push_back(
          report_on(scope, std::move(loaded.certificate), own, origin, std::move(loaded.address)));
      is_first = false;
    }
  }
  return reports;
}

constexpr std::array kKinds = {
    std::pair{CertificateRole::Identity, CertKind::Identity},
    std::pair{CertificateRole::Retired, CertKind::Retired},
    std::pair{CertificateRole::Contact, CertKind::Contact},
    std::pair{CertificateRole::Anchor, CertKind::Anchor},
    std::pair{CertificateRole::Intermediate, CertKind::Intermediate},
};

// The kind of a file by the folder it lies in.
CertKind kind_of(const std::filesystem::path& path) {
  for (const auto& [role, kind] : kKinds) {
    if (path.parent_path().filename() == folder_of(role)) {
      return kind;
    }
  }
  return CertKind::Contact;
}

}  // namespace

int run_cert_add(const CommandLine& line, Streams streams) {
  const std::optional<NodeConfig> config = config_of(line, streams);
  if (!config) {
    return EX_CONFIG;
  }
  const CommandLine::CertAdd& options = line.cert_add;
  const bool may_bind = options.kind == CertKind::Contact || options.kind == CertKind::Identity;
  const std::string binding = binding_of(options.address);
  if (!options.address.empty() && (!may_bind || binding.empty())) {
    streams.err << "--for takes bob@example.org or @example.org, and goes with --contact or "
                   "--identity\n";
    return EX_USAGE;
  }
  if (!options.name.empty() && (!is_file_name(options.name) || line.files.size() != 1)) {
    streams.err << "--name takes a file name without folder, and goes with one file\n";
    return EX_USAGE;
  }
  if (options.kind == CertKind::RevocationList) {
    return add_revocation_lists(*config, line, streams);
  }
  Problems problems;
  const ReportScope scope = scope_of(*config, problems);
  Json reports = Json::array();
  for (const std::string& file : line.files) {
    const std::size_t problems_before = problems.size();
    std::vector<Loaded> chain = load(file, problems);
    if (problems.size() != problems_before || chain.empty()) {
      continue;
    }
    const std::string address = binding.empty() ? chain.front().address : binding;
    const CertificateReport report =
        report_on(scope, chain.front().certificate, options.kind, "", address);
    const std::string stem = options.name.empty() ? name_for(report) : options.name;
    std::string stored;
    if (!store(*config, line, stem, stored_text(chain, address), stored, problems)) {
      continue;
    }
    CertificateReport shown = report;
    shown.origin = stored;
    reports.push_back(json_of(shown));
    if (!line.wants_json) {
      print_report(shown, streams.out);
    }
  }
  return finish(reports, problems, line, streams);
}

int run_cert_list(const CommandLine& line, Streams streams) {
  const std::optional<NodeConfig> config = config_of(line, streams);
  if (!config) {
    return EX_CONFIG;
  }
  Problems problems;
  const ReportScope scope = scope_of(*config, problems);
  Json all = Json::object();
  for (const auto& [role, kind] : kKinds) {
    const std::string folder(folder_of(role));
    all[folder] = Json::array();
    for (const CertificateReport& report : report_folder(*config, scope, role, kind, problems)) {
      all[folder].push_back(json_of(report));
      if (!line.wants_json) {
        const Certificate& certificate = *report.certificate;
        streams.out << report.origin << "  " << certificate.subject_text() << "  until "
                    << utc_text(certificate.not_after()).substr(0, 10);
        for (const std::string& use : report.uses) {
          streams.out << "  " << use;
        }
        for (const std::string& warning : report.warnings) {
          streams.out << "  WARNING: " << warning;
        }
        streams.out << "\n";
      }
    }
  }
  return finish(all, problems, line, streams);
}

int run_cert_show(const CommandLine& line, Streams streams) {
  Problems problems;
  Problems unread;
  const std::optional<NodeConfig> config =
      load_config(line.config_file, ConfigUse::Offline, unread);
  const ReportScope scope = config ? scope_of(*config, problems) : ReportScope{.now = wall_now()};
  Json reports = Json::array();
  for (const std::string& file : line.files) {
    std::string path = file;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      // A name as `cert list` shows it; a file alone needs no configuration.
      if (!config) {
        print_problems(unread, streams.err);
        return EX_CONFIG;
      }
      path = (std::filesystem::path(config->state_directory) / file).string();
    }
    for (Loaded& loaded : load(path, problems)) {
      const CertificateReport report = report_on(scope, std::move(loaded.certificate),
                                                 kind_of(path), file, std::move(loaded.address));
      reports.push_back(json_of(report));
      if (!line.wants_json) {
        print_report(report, streams.out);
      }
    }
  }
  return finish(reports, problems, line, streams);
}

}  // namespace sealgate::app
