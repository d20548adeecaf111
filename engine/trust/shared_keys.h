// SPDX-License-Identifier: Apache-2.0
//
// Public keys that stand in certificates of different people: whoever holds one private key of
// such a pair reads the other's mail and signs in his name. It happens where a vendor hands the
// same key to several customers.
//
// Certificates belong to one person where they have an address in common, be it only through a
// third one: a renewal is not another person. An address that the operator has bound a
// certificate to counts as the certificate's own. One without any address stands for its subject.
//
// Threading: immutable once built; may be read from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/trust/directory.h"

namespace sealgate::engine::trust {

class SharedKeys {
 public:
  // A key with this many holders is shared whatever else is found: bounds what adding costs.
  static constexpr std::size_t kHoldersMax = 16;

  SharedKeys() = default;
  explicit SharedKeys(const Directory& contacts);

  // Somebody else who holds the certificate's key, for people: "eve@example.org". None where
  // nobody does.
  std::optional<std::string> other_holder(const Certificate& certificate) const;

 private:
  // What one person is known by: addresses, "@domain"s or a subject.
  using Identity = std::set<std::string>;

  void add(const DirectoryEntry& entry, const std::string& address);

  std::map<hsm::KeyId, std::vector<Identity>> holders_;
};

}  // namespace sealgate::engine::trust
