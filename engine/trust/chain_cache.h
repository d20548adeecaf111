// SPDX-License-Identifier: Apache-2.0
//
// Remembers chain verdicts: building a path costs two public-key operations or more, looking
// one up a fraction of a microsecond. Belongs to a shard, never to the snapshot.
//
// Threading: one thread. Invariant: a remembered verdict is used only with a store of the same
// contents (by fingerprint) and within its validity window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "base/clock.h"
#include "engine/trust/certificate.h"
#include "engine/trust/trust_store.h"

namespace sealgate::engine::trust {

class ChainCache {
 public:
  // About 1 KiB each. A full cache begins again from empty.
  static constexpr std::size_t kVerdictsMax = 10'000;

  // What store.verify() says. Valid until the next call.
  const ChainVerdict& verify(const TrustStore& store, const Certificate& certificate,
                             std::span<const CertificatePointer> extra, WallTime at);

  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }
  std::size_t size() const { return verdicts_.size(); }

 private:
  struct Key {
    Sha256 store{};
    Sha256 certificate{};
    Sha256 extra{};  // Over the SHA-256s of the extra certificates; zero where there are none.
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  std::unordered_map<Key, ChainVerdict, KeyHash> verdicts_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace sealgate::engine::trust
