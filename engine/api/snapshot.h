// SPDX-License-Identifier: Apache-2.0
//
// The control plane hands the data plane one immutable snapshot at a time. SnapshotSource is
// what it is made of, as plain data; compile() checks all of it and refuses it as a whole or
// takes it as a whole. A message keeps the snapshot it began with.
//
// Threading: a Snapshot never changes after compile() and may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine {

// Where a certificate came from and what it may be used for. Files are how they arrive while
// there is no catalogue; `origin` is what an operator sees in explanations.
struct CertificateSource {
  Bytes der;
  std::string origin;   // "contacts/bob.pem".
  std::string address;  // Bound by the operator to this address or "@domain"; "" takes its own.
  // SMIMECapabilities from a signed message of a contact's, DER; empty where none came.
  Bytes capabilities = {};
  // A contact's that the gateway has learned for `address`: binds as the certificate does, not as
  // the operator does.
  bool is_learned = false;
};

// A certificate of ours whose private key is in a token.
struct IdentitySource {
  CertificateSource certificate;
  std::vector<Bytes> intermediates;  // DER, sent along with signatures.
};

struct SnapshotSource {
  std::uint64_t generation = 0;
  std::string policy_toml;  // The text of the policy file.
  std::string policy_name;  // Its name, for error messages.
  std::vector<IdentitySource> identities;
  // Of ours, expired or replaced: their keys only open mail.
  std::vector<CertificateSource> retired;
  std::vector<CertificateSource> contacts;
  std::vector<CertificateSource> intermediates;
  std::vector<CertificateSource> anchors;
  std::vector<Bytes> revocation_lists;       // DER CRLs; consulted when they cover an issuer.
  std::vector<hsm::KeyId> compromised_keys;  // Nobody's are trusted whose key is among them.
};

// What an operator has to know about a source that was not taken: "policy.toml:12:3: ...".
struct SnapshotProblem {
  std::string where;
  std::string what;
};

class Snapshot;

// The compiled snapshot, or null with at least one problem. Whatever seals or restricts must be
// whole: the policy, identities, retired certificates, contacts, anchors and revocation lists; a
// contact left out would be an unknown recipient. `problems` may also hold warnings about a
// snapshot that was taken: an intermediate that cannot be read, a contact certificate that holds no
// address, not even a malformed one, a retired certificate that is not for encryption.
std::shared_ptr<const Snapshot> compile_snapshot(const SnapshotSource& source,
                                                 std::vector<SnapshotProblem>& problems);

}  // namespace sealgate::engine
