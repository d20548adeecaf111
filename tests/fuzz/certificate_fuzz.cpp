// SPDX-License-Identifier: Apache-2.0
//
// Certificates, revocation lists and capabilities from strangers: read or refused; what is read
// keeps its bytes, has addresses in normal form only, and can be judged.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "engine/trust/address.h"
#include "engine/trust/capabilities.h"
#include "engine/trust/selection.h"

namespace trust = sealgate::engine::trust;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sealgate::ByteView bytes(data, size);
  (void)trust::parse_capabilities(bytes);
  const auto list = trust::RevocationList::parse(bytes);
  const auto parsed = trust::Certificate::parse(bytes);
  if (!parsed) return 0;
  const trust::CertificatePointer& certificate = parsed.value();
  SG_CHECK(sealgate::equal_bytes(certificate->der(), bytes));
  for (const std::string& address : certificate->addresses()) {
    const auto again = trust::normal_address(address);
    SG_CHECK(again.has_value() && again.value() == address);
  }
  (void)trust::parse_capabilities(certificate->capabilities_der());

  trust::TrustStoreSource source{.anchors = {certificate}, .intermediates = {certificate}};
  if (list) source.revocation_lists.push_back(list.value());
  const trust::TrustStore store(std::move(source));
  trust::ChainCache cache;
  trust::Directory directory;
  if (!directory.add({certificate, "fuzz", ""})) return 0;
  const trust::CompromisedKeys compromised;
  const trust::SharedKeys shared(directory);
  const trust::SelectionScope scope{store, cache, compromised, shared, certificate->not_before()};
  const trust::Selection selection = trust::select_recipient(
      scope, directory, certificate->addresses().front(), trust::KeyConstraints());
  SG_CHECK(selection.is_known_contact);
  SG_CHECK(selection.chosen == nullptr || !trust::weak_key(*selection.chosen, compromised));
  return 0;
}
