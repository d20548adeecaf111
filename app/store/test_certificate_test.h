// SPDX-License-Identifier: Apache-2.0
//
// Self-signed certificates for tests.
#pragma once

#include <string>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "app/store/pem.h"
#include "base/check.h"

namespace sealgate::app {

struct TestCertificate {
  Bytes der;
  std::string pem;
};

// P-256, valid from a day ago for a year, good for signing and agreeing.
inline TestCertificate make_certificate(const std::string& address) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365L * 86400);
  X509_set_pubkey(certificate, key);
  const ByteView name = as_bytes(address);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name.data(),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("email:" + address).c_str());
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  SG_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  TestCertificate result;
  result.der.assign(der, der + length);
  result.pem = to_pem(result.der, "CERTIFICATE");
  OPENSSL_free(der);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return result;
}

}  // namespace sealgate::app
