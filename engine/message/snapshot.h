// SPDX-License-Identifier: Apache-2.0
//
// The inside of a snapshot: what deciding and planning read. compile_snapshot()
// (engine/api/snapshot.h) makes it.
//
// Threading: immutable; may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/api/snapshot.h"
#include "engine/policy/policy.h"
#include "engine/trust/directory.h"
#include "engine/trust/opening_keys.h"
#include "engine/trust/selection.h"
#include "engine/trust/shared_keys.h"
#include "engine/trust/trust_store.h"
#include "engine/trust/weak_key.h"

namespace sealgate::engine {

class Snapshot {
 public:
  struct Parts {
    std::uint64_t generation = 0;
    policy::Policy policy;
    trust::Directory contacts;
    std::vector<trust::Identity> identities;
    trust::OpeningKeys opening_keys;  // Of the identities and the retired certificates.
    trust::CompromisedKeys compromised_keys;
    std::unique_ptr<const trust::TrustStore> trust;  // Not null.
  };
  explicit Snapshot(Parts parts);

  std::uint64_t generation() const { return parts_.generation; }
  const policy::Policy& policy() const { return parts_.policy; }
  const trust::Directory& contacts() const { return parts_.contacts; }
  const std::vector<trust::Identity>& identities() const { return parts_.identities; }
  const trust::OpeningKeys& opening_keys() const { return parts_.opening_keys; }
  const trust::CompromisedKeys& compromised_keys() const { return parts_.compromised_keys; }
  const trust::SharedKeys& shared_keys() const { return shared_keys_; }
  const trust::TrustStore& trust() const { return *parts_.trust; }

  // What certificates are judged by at `at`.
  trust::SelectionScope scope(trust::ChainCache& cache, WallTime at) const;

 private:
  Parts parts_;
  trust::SharedKeys shared_keys_;
};

}  // namespace sealgate::engine
