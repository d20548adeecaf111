// SPDX-License-Identifier: Apache-2.0
//
// A certification authority in memory, for tests: certificates for keys that a FakeKeyQueue or
// the test itself holds. It signs with RSA, so that the size of a certificate is the same in each
// run and a simulation can be replayed.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/clock.h"

namespace sealgate::test_support {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, KeyDeleter>;

struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Pointer = std::unique_ptr<X509, X509Deleter>;

KeyPointer make_rsa_key();
KeyPointer make_p256_key();
KeyPointer public_key_of(ByteView subject_public_key_info);
std::string pem_of(EVP_PKEY& key);
std::string pem_of(ByteView certificate_der);
X509Pointer x509_of(ByteView certificate_der);

struct CertificateRequest {
  std::string address;  // The rfc822Name; "" leaves the SAN out.
  WallTime not_before{};
  WallTime not_after{};
  // As X509V3_EXT_conf_nid() takes it.
  std::string key_usage = "digitalSignature,keyEncipherment,keyAgreement";
};

class TestAuthority {
 public:
  explicit TestAuthority(WallTime now);
  // DER.
  Bytes certificate() const;
  Bytes issue(EVP_PKEY& public_key, const CertificateRequest& request);

 private:
  KeyPointer key_;
  X509Pointer certificate_;
  long next_serial_ = 2;
};

}  // namespace sealgate::test_support
