// SPDX-License-Identifier: Apache-2.0
//
// Reads what a snapshot is made of from the state directory and the policy file, and compiles it.
// A file that cannot be read or understood refuses the whole: a contact that silently fell out
// would get mail in clear.
//
//   identities/*.pem     a certificate of ours, then intermediates that go out with signatures
//   retired/*.pem        certificates of ours, expired or replaced, whose keys only open mail
//   contacts/*.pem       certificates of others
//   anchors/*.pem        trust anchors
//   intermediates/*.pem  certificates that help to build paths
//   crls/*.pem           revocation lists
//   compromised/*.txt    keys that nobody is trusted with (compromised_keys.h)
//
// Besides .pem: .crt, .cer and .der, for lists .crl.
// Threading: any thread; not a shard's, it reads files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/config/node_config.h"
#include "app/config/problem.h"
#include "engine/api/snapshot.h"

namespace sealgate::app {

enum class CertificateRole : std::uint8_t { Identity, Retired, Contact, Anchor, Intermediate };

// "identities", "contacts" ...
std::string_view folder_of(CertificateRole role);
inline constexpr std::string_view kRevocationFolder = "crls";

inline constexpr std::uint64_t kStoredFileBytesMax = 4ULL << 20U;
inline constexpr std::uint64_t kRevocationFileBytesMax = 256ULL << 20U;

// The names, with their folder, of the certificate files of one role.
std::vector<std::string> certificate_files(const std::string& state_directory, CertificateRole role,
                                           Problems& problems);

// Everything, as plain data; nothing when there was a problem.
std::optional<engine::SnapshotSource> load_snapshot_source(const NodeConfig& config,
                                                           std::uint64_t generation,
                                                           Problems& problems);

struct LoadedSnapshot {
  engine::SnapshotSource source;
  std::shared_ptr<const engine::Snapshot> snapshot;  // Null where refused.
  Problems problems;  // Why it was refused; with a snapshot, what is worth a warning.
};

LoadedSnapshot load_snapshot(const NodeConfig& config, std::uint64_t generation);

}  // namespace sealgate::app
