// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/shared_keys.h"

#include <algorithm>

namespace sealgate::engine::trust {
namespace {

std::set<std::string> own_identity(const Certificate& certificate) {
  if (certificate.addresses().empty()) return {certificate.subject_text()};
  return {certificate.addresses().begin(), certificate.addresses().end()};
}

bool overlap(const std::set<std::string>& left, const std::set<std::string>& right) {
  return std::any_of(right.begin(), right.end(),
                     [&](const std::string& name) { return left.contains(name); });
}

}  // namespace

SharedKeys::SharedKeys(const Directory& contacts) {
  for (const auto& [address, entries] : contacts.entries()) {
    for (const DirectoryEntry& entry : entries) add(entry, address);
  }
}

void SharedKeys::add(const DirectoryEntry& entry, const std::string& address) {
  Identity identity = own_identity(*entry.certificate);
  identity.insert(address);
  std::vector<Identity>& holders = holders_[entry.certificate->key_id()];
  if (holders.size() >= kHoldersMax) return;
  // Whom this certificate shows to be the same person become one.
  const auto others =
      std::stable_partition(holders.begin(), holders.end(),
                            [&](const Identity& holder) { return !overlap(holder, identity); });
  for (auto same = others; same != holders.end(); ++same) identity.merge(*same);
  holders.erase(others, holders.end());
  holders.push_back(std::move(identity));
}

std::optional<std::string> SharedKeys::other_holder(const Certificate& certificate) const {
  const auto holders = holders_.find(certificate.key_id());
  if (holders == holders_.end()) return std::nullopt;
  const Identity identity = own_identity(certificate);
  for (const Identity& holder : holders->second) {
    if (!overlap(holder, identity)) return *holder.begin();
  }
  return std::nullopt;
}

}  // namespace sealgate::engine::trust
