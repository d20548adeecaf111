// SPDX-License-Identifier: Apache-2.0
#include "engine/message/snapshot.h"

#include <optional>
#include <string>
#include <utility>

#include "engine/trust/certificate.h"
#include "engine/trust/errors.h"
#include "engine/trust/revocation_list.h"

namespace sealgate::engine {
namespace {

// Reads all parts and gathers everything that is wrong, so that an operator sees it at once.
// What seals or restricts must be whole: a contact whose certificate were silently left out
// would be an unknown recipient, whose mail may leave in clear.
class Compiler {
 public:
  explicit Compiler(std::vector<SnapshotProblem>& problems) : problems_(problems) {}

  std::optional<policy::Policy> read_policy(const SnapshotSource& source);
  trust::Directory read_contacts(const SnapshotSource& source);
  std::vector<trust::Identity> read_identities(const SnapshotSource& source);
  trust::OpeningKeys read_opening_keys(const std::vector<trust::Identity>& identities,
                                       const SnapshotSource& source);
  std::unique_ptr<const trust::TrustStore> read_trust(const SnapshotSource& source);
  bool is_refused() const { return is_refused_; }

 private:
  enum class Weight : std::uint8_t { Warning, Fatal };
  void report(Weight weight, std::string where, std::string what);
  trust::CertificatePointer read(const CertificateSource& source, Weight weight);
  std::vector<trust::CertificatePointer> read_all(const std::vector<CertificateSource>& sources,
                                                  Weight weight);

  std::vector<SnapshotProblem>& problems_;
  bool is_refused_ = false;
};

void Compiler::report(Weight weight, std::string where, std::string what) {
  if (weight == Weight::Fatal) is_refused_ = true;
  problems_.push_back({.where = std::move(where), .what = std::move(what)});
}

trust::CertificatePointer Compiler::read(const CertificateSource& source, Weight weight) {
  Result<trust::CertificatePointer> certificate = trust::Certificate::parse(source.der);
  if (certificate) return std::move(certificate).value();
  report(weight, source.origin, std::string(certificate.error().kind().text));
  return nullptr;
}

std::vector<trust::CertificatePointer> Compiler::read_all(
    const std::vector<CertificateSource>& sources, Weight weight) {
  std::vector<trust::CertificatePointer> certificates;
  for (const CertificateSource& source : sources) {
    if (trust::CertificatePointer certificate = read(source, weight)) {
      certificates.push_back(std::move(certificate));
    }
  }
  return certificates;
}

std::optional<policy::Policy> Compiler::read_policy(const SnapshotSource& source) {
  std::vector<policy::Problem> found;
  std::optional<policy::Policy> policy = policy::Policy::parse(source.policy_toml, found);
  for (const policy::Problem& problem : found) {
    const bool is_error = problem.severity == policy::Problem::Severity::Error;
    report(is_error ? Weight::Fatal : Weight::Warning, problem.where(source.policy_name),
           problem.what);
  }
  return policy;
}

trust::Directory Compiler::read_contacts(const SnapshotSource& source) {
  trust::Directory directory;
  for (const CertificateSource& contact : source.contacts) {
    const trust::CertificatePointer certificate = read(contact, Weight::Fatal);
    if (certificate == nullptr) continue;
    const Result<void> added = directory.add({.certificate = certificate,
                                              .origin = contact.origin,
                                              .address = contact.address,
                                              .capabilities = contact.capabilities,
                                              .is_learned = contact.is_learned});
    if (added) continue;
    // A certificate that stands for nobody hides nobody either. One whose addresses are malformed
    // hides whomever it is meant for.
    const bool is_harmless = added.error().is(trust::kCertificateWithoutAddress) &&
                             certificate->malformed_addresses() == 0;
    report(is_harmless ? Weight::Warning : Weight::Fatal, contact.origin,
           std::string(added.error().kind().text));
  }
  return directory;
}

std::vector<trust::Identity> Compiler::read_identities(const SnapshotSource& source) {
  std::vector<trust::Identity> identities;
  for (const IdentitySource& from : source.identities) {
    trust::Identity identity{.certificate = read(from.certificate, Weight::Fatal),
                             .intermediates = {},
                             .origin = from.certificate.origin,
                             .address = from.certificate.address};
    for (const Bytes& der : from.intermediates) {
      const CertificateSource intermediate{
          .der = der, .origin = from.certificate.origin + " (intermediate)", .address = ""};
      if (trust::CertificatePointer certificate = read(intermediate, Weight::Fatal)) {
        identity.intermediates.push_back(std::move(certificate));
      }
    }
    if (identity.certificate != nullptr) identities.push_back(std::move(identity));
  }
  return identities;
}

trust::OpeningKeys Compiler::read_opening_keys(const std::vector<trust::Identity>& identities,
                                               const SnapshotSource& source) {
  trust::OpeningKeys keys;
  for (const trust::Identity& identity : identities) {
    keys.add({.certificate = identity.certificate, .origin = identity.origin});
  }
  for (const CertificateSource& retired : source.retired) {
    trust::CertificatePointer certificate = read(retired, Weight::Fatal);
    if (certificate == nullptr) continue;
    const std::string fault = trust::key_usage_fault(*certificate, trust::Use::Encrypt);
    const bool is_added = keys.add(
        {.certificate = std::move(certificate), .origin = retired.origin, .is_retired = true});
    if (!is_added) {
      report(Weight::Warning, retired.origin,
             "it opens no mail, since " + fault + "; it can be removed");
    }
  }
  return keys;
}

std::unique_ptr<const trust::TrustStore> Compiler::read_trust(const SnapshotSource& source) {
  trust::TrustStoreSource parts;
  parts.anchors = read_all(source.anchors, Weight::Fatal);
  parts.intermediates = read_all(source.intermediates, Weight::Warning);
  std::size_t number = 0;
  for (const Bytes& der : source.revocation_lists) {
    ++number;
    Result<std::shared_ptr<const trust::RevocationList>> list = trust::RevocationList::parse(der);
    if (list) {
      parts.revocation_lists.push_back(std::move(list).value());
    } else {
      report(Weight::Fatal, "revocation list " + std::to_string(number),
             std::string(list.error().kind().text));
    }
  }
  return std::make_unique<const trust::TrustStore>(std::move(parts));
}

}  // namespace

Snapshot::Snapshot(Parts parts) : parts_(std::move(parts)), shared_keys_(parts_.contacts) {}

trust::SelectionScope Snapshot::scope(trust::ChainCache& cache, WallTime at) const {
  return {.store = trust(),
          .cache = cache,
          .compromised = parts_.compromised_keys,
          .shared = shared_keys_,
          .at = at};
}

std::shared_ptr<const Snapshot> compile_snapshot(const SnapshotSource& source,
                                                 std::vector<SnapshotProblem>& problems) {
  Compiler compiler(problems);
  std::optional<policy::Policy> policy = compiler.read_policy(source);
  trust::Directory contacts = compiler.read_contacts(source);
  std::vector<trust::Identity> identities = compiler.read_identities(source);
  trust::OpeningKeys opening_keys = compiler.read_opening_keys(identities, source);
  std::unique_ptr<const trust::TrustStore> trust = compiler.read_trust(source);
  if (!policy || compiler.is_refused()) return nullptr;
  return std::make_shared<const Snapshot>(
      Snapshot::Parts{.generation = source.generation,
                      .policy = std::move(*policy),
                      .contacts = std::move(contacts),
                      .identities = std::move(identities),
                      .opening_keys = std::move(opening_keys),
                      .compromised_keys = trust::CompromisedKeys(source.compromised_keys),
                      .trust = std::move(trust)});
}

}  // namespace sealgate::engine
