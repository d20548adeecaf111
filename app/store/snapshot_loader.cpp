// SPDX-License-Identifier: Apache-2.0
#include "app/store/snapshot_loader.h"

#include <filesystem>
#include <utility>

#include "app/config/file.h"
#include "app/store/compromised_keys.h"
#include "app/store/pem.h"
#include "engine/policy/policy.h"
#include "engine/trust/certificate.h"

namespace sealgate::app {
namespace {

// "contacts/bob.pem": what explanations show.
std::string origin_of(const std::string& file) {
  const std::filesystem::path path(file);
  return (path.parent_path().filename() / path.filename()).string();
}

struct File {
  std::string origin;
  std::vector<StoredCertificate> certificates;
};

bool is_well_formed(const StoredCertificate& certificate, const std::string& file,
                    Problems& problems) {
  const auto parsed = engine::trust::Certificate::parse(certificate.der);
  if (!parsed) {
    problems.push_back(Problem{file, std::string(parsed.error().kind().text)});
  }
  return parsed.has_value();
}

std::vector<File> load_folder(const std::string& state_directory, CertificateRole role,
                              Problems& problems) {
  std::vector<File> files;
  for (const std::string& path : certificate_files(state_directory, role, problems)) {
    const std::optional<std::string> content = read_file(path, kStoredFileBytesMax, problems);
    if (!content) {
      continue;
    }
    File file{origin_of(path), {}};
    for (StoredCertificate& certificate : read_certificates(*content, path, problems)) {
      if (is_well_formed(certificate, path, problems)) {
        file.certificates.push_back(std::move(certificate));
      }
    }
    files.push_back(std::move(file));
  }
  return files;
}

std::vector<engine::CertificateSource> sources_of(std::vector<File> files) {
  std::vector<engine::CertificateSource> sources;
  for (File& file : files) {
    for (StoredCertificate& certificate : file.certificates) {
      sources.push_back(engine::CertificateSource{std::move(certificate.der), file.origin,
                                                  std::move(certificate.address)});
    }
  }
  return sources;
}

std::vector<engine::IdentitySource> identities_of(std::vector<File> files) {
  std::vector<engine::IdentitySource> identities;
  for (File& file : files) {
    if (file.certificates.empty()) {
      continue;
    }
    engine::IdentitySource identity;
    StoredCertificate& own = file.certificates.front();
    identity.certificate =
        engine::CertificateSource{std::move(own.der), file.origin, std::move(own.address)};
    for (std::size_t i = 1; i < file.certificates.size(); ++i) {
      identity.intermediates.push_back(std::move(file.certificates[i].der));
    }
    identities.push_back(std::move(identity));
  }
  return identities;
}

}  // namespace

std::string_view folder_of(CertificateRole role) {
  switch (role) {
    case CertificateRole::Identity:
      return "identities";
    case CertificateRole::Retired:
      return "retired";
    case CertificateRole::Contact:
      return "contacts";
    case CertificateRole::Anchor:
      return "anchors";
    case CertificateRole::Intermediate:
      return "intermediates";
  }
  return "";
}

std::vector<std::string> certificate_files(const std::string& state_directory, CertificateRole role,
                                           Problems& problems) {
  const std::filesystem::path folder =
      std::filesystem::path(state_directory) / std::string(folder_of(role));
  return files_in(folder.string(), {".pem", ".crt", ".cer", ".der"}, problems);
}

std::optional<engine::SnapshotSource> load_snapshot_source(const NodeConfig& config,
                                                           std::uint64_t generation,
                                                           Problems& problems) {
  const std::size_t problems_before = problems.size();
  const std::string& state = config.state_directory;
  engine::SnapshotSource source;
  source.generation = generation;
  source.policy_name = config.policy_file;
  source.policy_toml =
      read_file(config.policy_file, engine::policy::kPolicyBytesMax, problems).value_or("");
  source.identities = identities_of(load_folder(state, CertificateRole::Identity, problems));
  source.retired = sources_of(load_folder(state, CertificateRole::Retired, problems));
  source.contacts = sources_of(load_folder(state, CertificateRole::Contact, problems));
  source.anchors = sources_of(load_folder(state, CertificateRole::Anchor, problems));
  source.intermediates = sources_of(load_folder(state, CertificateRole::Intermediate, problems));
  source.compromised_keys = load_compromised_keys(state, problems);
  const std::filesystem::path lists = std::filesystem::path(state) / std::string(kRevocationFolder);
  for (const std::string& path : files_in(lists.string(), {".crl", ".pem", ".der"}, problems)) {
    const std::optional<std::string> content = read_file(path, kRevocationFileBytesMax, problems);
    if (!content) {
      continue;
    }
    for (Bytes& list : read_revocation_lists(*content, path, problems)) {
      source.revocation_lists.push_back(std::move(list));
    }
  }
  if (problems.size() != problems_before) {
    return std::nullopt;
  }
  return source;
}

LoadedSnapshot load_snapshot(const NodeConfig& config, std::uint64_t generation) {
  LoadedSnapshot loaded;
  std::optional<engine::SnapshotSource> source =
      load_snapshot_source(config, generation, loaded.problems);
  if (!source) {
    return loaded;
  }
  loaded.source = std::move(*source);
  std::vector<engine::SnapshotProblem> problems;
  loaded.snapshot = engine::compile_snapshot(loaded.source, problems);
  for (engine::SnapshotProblem& problem : problems) {
    loaded.problems.push_back(Problem{std::move(problem.where), std::move(problem.what)});
  }
  return loaded;
}

}  // namespace sealgate::app
