// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/directory.h"

#include "engine/trust/address.h"
#include "engine/trust/errors.h"

namespace sealgate::engine::trust {
namespace {

// What two addresses share that differ in nothing but the case of ASCII letters.
std::string fold(std::string_view address) {
  std::string folded(address);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace

void Directory::file(const std::string& key, const Contact& contact, Binding binding) {
  entries_[key].push_back({.certificate = contact.certificate,
                           .origin = contact.origin,
                           .binding = contact.is_learned ? Binding::Learned : binding,
                           .capabilities = contact.capabilities});
  spellings_[fold(key)].insert(key);
}

Result<void> Directory::add(const Contact& contact) {
  if (contact.address.starts_with('@')) {
    const std::string domain = SG_TRY(normal_domain(contact.address));
    file(domain, contact, Binding::Domain);
  } else if (!contact.address.empty()) {
    const std::string address = SG_TRY(normal_address(contact.address));
    file(address, contact, Binding::Operator);
  } else {
    const std::vector<std::string>& addresses = contact.certificate->addresses();
    if (addresses.empty()) return kCertificateWithoutAddress;
    for (const std::string& address : addresses) file(address, contact, Binding::OwnAddress);
  }
  ++size_;
  return {};
}

void Directory::collect(std::string_view key, bool is_exact, std::vector<FoundEntry>& found) const {
  const auto entries = entries_.find(key);
  if (entries == entries_.end()) return;
  for (const DirectoryEntry& entry : entries->second) {
    found.push_back({.entry = &entry, .address = entries->first, .is_exact = is_exact});
  }
}

std::vector<FoundEntry> Directory::candidates(std::string_view address) const {
  std::vector<FoundEntry> found;
  const Result<std::string> normal = normal_address(address);
  if (!normal) {
    // What is filed for a whole domain is for every local part, however odd.
    const Result<std::string> domain = normal_domain_of(address);
    if (domain) collect(domain.value(), true, found);
    return found;
  }
  collect(normal.value(), true, found);
  collect(domain_of(normal.value()), true, found);
  const auto spellings = spellings_.find(fold(normal.value()));
  if (spellings == spellings_.end()) return found;
  for (const std::string& spelling : spellings->second) {
    if (spelling != normal.value()) collect(spelling, false, found);
  }
  return found;
}

bool Directory::is_known(std::string_view address) const {
  return !candidates(address).empty();
}

}  // namespace sealgate::engine::trust
