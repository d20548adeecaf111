// SPDX-License-Identifier: Apache-2.0
//
// Makes certificates and revocation lists for tests, by OpenSSL alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::trust::testing {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using TestKey = std::shared_ptr<EVP_PKEY>;

inline TestKey own(EVP_PKEY* key) {
  SG_CHECK(key != nullptr);
  return TestKey(key, KeyFree());
}

inline TestKey make_rsa(std::size_t bits) {
  return own(EVP_RSA_gen(bits));
}
inline TestKey make_ec(const char* curve) {
  return own(EVP_EC_gen(curve));
}
inline TestKey make_key(const char* type) {
  return own(EVP_PKEY_Q_keygen(nullptr, nullptr, type));
}

inline TestKey make_pss() {
  EVP_PKEY_CTX* generator = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, nullptr);
  EVP_PKEY* key = nullptr;
  SG_CHECK(EVP_PKEY_keygen_init(generator) == 1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(generator, 2048) == 1);
  SG_CHECK(EVP_PKEY_keygen(generator, &key) == 1);
  EVP_PKEY_CTX_free(generator);
  return own(key);
}

// 2026-01-01 00:00:00 UTC, the middle of what make() makes by default.
inline WallTime test_time() {
  return WallTime(std::chrono::seconds(1'767'225'600));
}

struct Recipe {
  std::string subject = "Bob";
  std::string subject_address = {};  // emailAddress in the subject.
  // Name and value of each extension, as openssl.cnf has them.
  std::vector<std::pair<std::string, std::string>> extensions = {};
  // Raw extensions: object identifier and DER value.
  std::vector<std::pair<std::string, Bytes>> raw_extensions = {};
  WallTime not_before = test_time() - std::chrono::hours(24 * 365);
  WallTime not_after = test_time() + std::chrono::hours(24 * 365);
  std::uint64_t serial = 1;
};

struct Made {
  CertificatePointer certificate;
  TestKey key;
  Bytes der;
};

inline void set_time(ASN1_TIME* into, WallTime at) {
  SG_CHECK(ASN1_TIME_set(into, at.time_since_epoch().count()) != nullptr);
}

inline void add_name(X509_NAME* name, const char* type, const std::string& value) {
  SG_CHECK(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1,
                                      0) == 1);
}

inline void add_extensions(X509* into, X509* issuer, const Recipe& recipe) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, into, nullptr, nullptr, 0);
  for (const auto& [name, value] : recipe.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
    SG_CHECK(extension != nullptr);
    SG_CHECK(X509_add_ext(into, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  for (const auto& [oid, der] : recipe.raw_extensions) {
    ASN1_OBJECT* object = OBJ_txt2obj(oid.c_str(), 1);
    ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, der.data(), static_cast<int>(der.size()));
    X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 0, value);
    SG_CHECK(X509_add_ext(into, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
  }
}

inline const EVP_MD* digest_for(const EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

// A certificate for `key` by `issuer`; a self-signed one where `issuer` is null.
inline Made make(const Recipe& recipe, const TestKey& key, const Made* issuer) {
  X509* x509 = X509_new();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), recipe.serial);
  set_time(X509_getm_notBefore(x509), recipe.not_before);
  set_time(X509_getm_notAfter(x509), recipe.not_after);
  add_name(X509_get_subject_name(x509), "CN", recipe.subject);
  if (!recipe.subject_address.empty()) {
    add_name(X509_get_subject_name(x509), "emailAddress", recipe.subject_address);
  }
  X509* signer = issuer == nullptr ? x509 : issuer->certificate->x509();
  EVP_PKEY* signing_key = issuer == nullptr ? key.get() : issuer->key.get();
  SG_CHECK(X509_set_issuer_name(x509, X509_get_subject_name(signer)) == 1);
  SG_CHECK(X509_set_pubkey(x509, key.get()) == 1);
  add_extensions(x509, signer, recipe);
  SG_CHECK(X509_sign(x509, signing_key, digest_for(signing_key)) > 0);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(x509, &encoded);
  SG_CHECK(size > 0);
  Made made{.certificate = nullptr, .key = key, .der = Bytes(encoded, encoded + size)};
  OPENSSL_free(encoded);
  X509_free(x509);
  Result<CertificatePointer> parsed = Certificate::parse(made.der);
  if (parsed) made.certificate = parsed.value();
  return made;
}

inline Made make_authority(const std::string& name) {
  const Recipe recipe{.subject = name,
                      .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                                     {"keyUsage", "critical,keyCertSign,cRLSign"},
                                     {"subjectKeyIdentifier", "hash"}}};
  return make(recipe, make_ec("P-256"), nullptr);
}

// Extensions of an ordinary certificate of a person.
inline std::vector<std::pair<std::string, std::string>> mail_extensions(const std::string& address,
                                                                        const std::string& usage) {
  return {{"basicConstraints", "CA:FALSE"},
          {"keyUsage", "critical," + usage},
          {"extendedKeyUsage", "emailProtection"},
          {"subjectAltName", "email:" + address},
          {"subjectKeyIdentifier", "hash"}};
}

struct RevokedSerial {
  std::uint64_t serial = 0;
  WallTime at = test_time() - std::chrono::hours(1);
};

inline Bytes make_revocation_list(const Made& issuer, const std::vector<RevokedSerial>& revoked,
                                  WallTime next_update) {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate->x509()));
  ASN1_TIME* time = ASN1_TIME_new();
  set_time(time, test_time() - std::chrono::hours(2));
  X509_CRL_set1_lastUpdate(list, time);
  set_time(time, next_update);
  X509_CRL_set1_nextUpdate(list, time);
  for (const RevokedSerial& one : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER* serial = ASN1_INTEGER_new();
    ASN1_INTEGER_set_uint64(serial, one.serial);
    X509_REVOKED_set_serialNumber(entry, serial);
    set_time(time, one.at);
    X509_REVOKED_set_revocationDate(entry, time);
    ASN1_ENUMERATED* reason = ASN1_ENUMERATED_new();
    ASN1_ENUMERATED_set(reason, 1);
    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
    X509_CRL_add0_revoked(list, entry);
    ASN1_ENUMERATED_free(reason);
    ASN1_INTEGER_free(serial);
  }
  ASN1_TIME_free(time);
  SG_CHECK(X509_CRL_sign(list, issuer.key.get(), digest_for(issuer.key.get())) > 0);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_CRL(list, &encoded);
  Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  X509_CRL_free(list);
  return der;
}

}  // namespace sealgate::engine::trust::testing
