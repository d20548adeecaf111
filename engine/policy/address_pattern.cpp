// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/address_pattern.h"

#include <algorithm>

#include "engine/trust/address.h"

namespace sealgate::engine::policy {

Result<void> AddressSet::add(std::string_view pattern) {
  if (pattern == "*") {
    takes_everything_ = true;
  } else if (pattern.starts_with("*.")) {
    const std::string domain = SG_TRY(trust::normal_domain(pattern.substr(2)));
    subdomains_.insert("." + domain.substr(1));
  } else if (pattern.starts_with('@')) {
    domains_.insert(SG_TRY(trust::normal_domain(pattern)));
  } else {
    addresses_.insert(SG_TRY(trust::normal_address(pattern)));
  }
  return {};
}

void AddressSet::add_all(const AddressSet& other) {
  addresses_.insert(other.addresses_.begin(), other.addresses_.end());
  domains_.insert(other.domains_.begin(), other.domains_.end());
  subdomains_.insert(other.subdomains_.begin(), other.subdomains_.end());
  takes_everything_ = takes_everything_ || other.takes_everything_;
}

std::string AddressSet::find(std::string_view normal_address) const {
  const std::string address(normal_address);
  if (addresses_.contains(address)) return address;
  const std::string domain(trust::domain_of(normal_address));
  if (!domain.empty() && domains_.contains(domain)) return domain;
  // Every sub-domain's tail: ".example.org", ".org".
  for (std::size_t dot = domain.find('.'); !subdomains_.empty() && dot != std::string::npos;
       dot = domain.find('.', dot + 1)) {
    const std::string tail = domain.substr(dot);
    if (subdomains_.contains(tail)) return "*" + tail;
  }
  return takes_everything_ ? "*" : "";
}

bool AddressSet::is_empty() const {
  return addresses_.empty() && domains_.empty() && subdomains_.empty() && !takes_everything_;
}

std::vector<std::string> AddressSet::patterns() const {
  std::vector<std::string> all(addresses_.begin(), addresses_.end());
  all.insert(all.end(), domains_.begin(), domains_.end());
  for (const std::string& tail : subdomains_) all.push_back("*" + tail);
  if (takes_everything_) all.emplace_back("*");
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace sealgate::engine::policy
