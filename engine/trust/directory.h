// SPDX-License-Identifier: Apache-2.0
//
// Whom we know: certificates of contacts by normal address and by "@domain".
//
// Threading: immutable once built; may be read from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::trust {

// Where a certificate came from and whom it is for. Also what CertificateSource of the snapshot
// becomes.
struct Contact {
  CertificatePointer certificate;
  std::string origin;  // "contacts/bob.pem", for explanations.
  // An address or "@domain" that the operator has bound the certificate to, whatever addresses
  // it holds itself; "" takes its own.
  std::string address;
  // SMIMECapabilities (RFC 8551, 2.5.2) of a signed message of his, DER; empty where none came.
  Bytes capabilities = {};
  // Filed for a signer's address by the gateway, not by the operator.
  bool is_learned = false;
};

// How a contact's certificate came to stand for an address.
enum class Binding : std::uint8_t {
  OwnAddress,  // The certificate holds the address.
  Operator,    // Bound to the address by the operator.
  Domain,      // Bound to the address's "@domain" by the operator.
  Learned,     // Learned from a signed message of the address.
};

struct DirectoryEntry {
  CertificatePointer certificate;
  std::string origin;
  Binding binding = Binding::OwnAddress;
  Bytes capabilities = {};  // Contact's.
};

// An entry found for an address.
struct FoundEntry {
  const DirectoryEntry* entry = nullptr;
  std::string_view address;  // What it is filed under.
  // False where `address` differs from the one asked for in the case of its local part: such a
  // certificate is never used, but shows that the address is meant to be a secure contact's.
  bool is_exact = true;
};

class Directory {
 public:
  // Files the certificate under its binding, or under each of its addresses. Fails with
  // kAddressMalformed where contact.address is neither an address nor "@domain"; with
  // kCertificateWithoutAddress where it is "" and the certificate holds no usable address.
  Result<void> add(const Contact& contact);

  // Every certificate filed for `address`: those for the very address first, then those for its
  // domain, then those for other spellings; within each in the order of add(). `address` in any
  // form; one without normal form has those for its domain at most. Valid until the next add().
  std::vector<FoundEntry> candidates(std::string_view address) const;

  // Whether candidates() has any.
  bool is_known(std::string_view address) const;
  std::size_t size() const { return size_; }

  // Every key ("bob@example.org", "@example.org") with its entries, for listings.
  const std::map<std::string, std::vector<DirectoryEntry>, std::less<>>& entries() const {
    return entries_;
  }

 private:
  void file(const std::string& key, const Contact& contact, Binding binding);
  void collect(std::string_view key, bool is_exact, std::vector<FoundEntry>& found) const;

  std::map<std::string, std::vector<DirectoryEntry>, std::less<>> entries_;
  std::map<std::string, std::set<std::string>, std::less<>> spellings_;  // By folded key.
  std::size_t size_ = 0;                                                 // Of contacts added.
};

}  // namespace sealgate::engine::trust
