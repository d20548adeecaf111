// SPDX-License-Identifier: Apache-2.0
//
// Patterns for addresses in rules, groups and assignments: "bob@example.org", "@example.org",
// "*.example.org" (any sub-domain, not the domain itself), "*".
//
// Threading: immutable; may be read from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace sealgate::engine::policy {

// Many patterns as one set: a look-up costs a few hashes, however many they are.
class AddressSet {
 public:
  // Fails with trust::kAddressMalformed.
  Result<void> add(std::string_view pattern);
  void add_all(const AddressSet& other);

  // The pattern that takes `normal_address`, as it is shown to people; "" where none does. The
  // most exact one wins.
  std::string find(std::string_view normal_address) const;

  bool is_empty() const;
  bool takes_everything() const { return takes_everything_; }
  // Sorted, for comparison and listings.
  std::vector<std::string> patterns() const;

 private:
  std::unordered_set<std::string> addresses_;
  std::unordered_set<std::string> domains_;     // "@example.org".
  std::unordered_set<std::string> subdomains_;  // ".example.org".
  bool takes_everything_ = false;
};

}  // namespace sealgate::engine::policy
