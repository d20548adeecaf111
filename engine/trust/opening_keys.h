// SPDX-License-Identifier: Apache-2.0
//
// The certificates of ours whose keys open mail, those in use and those retired, by the names
// that CMS has for them (RFC 5652, 6.2). Never by the address in a header: mail is opened by
// whatever key it was sealed to.
//
// A certificate that is not for encryption is not here: a key that signs must not decrypt what
// strangers send, for an answer to a chosen ciphertext may be a signature.
//
// Threading: immutable once built; may be read from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::trust {

// A certificate of ours that need not be valid any more.
struct OpeningKey {
  CertificatePointer certificate;
  std::string origin;       // "retired/2024.pem", for explanations.
  bool is_retired = false;  // Not an identity: it opens, and does nothing else.
};

class OpeningKeys {
 public:
  // Keeps the key if its certificate is for encryption; whether it did. Of two with the same name
  // the one added first is found.
  bool add(OpeningKey key);

  // By IssuerAndSerialNumber, both as whole DER. The issuer is compared as RFC 5280, 7.1 compares
  // names, since not every sender copies it octet by octet. Null where none is ours.
  const Certificate* find(ByteView issuer_der, ByteView serial_der) const;

  // By SubjectKeyIdentifier: the extension's octets or, of a certificate without it, the SHA-1 of
  // its key (RFC 5280, 4.2.1.2, method 1). Null where none is ours.
  const Certificate* find(ByteView subject_key_id) const;

  const std::vector<OpeningKey>& keys() const { return keys_; }

 private:
  std::vector<OpeningKey> keys_;
  std::multimap<Bytes, const Certificate*> by_serial_;  // In the order of add().
  std::map<Bytes, const Certificate*> by_key_id_;
};

}  // namespace sealgate::engine::trust
