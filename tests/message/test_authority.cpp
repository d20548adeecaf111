// SPDX-License-Identifier: Apache-2.0
#include "tests/message/test_authority.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace sealgate::test_support {
namespace {

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  SG_CHECK(extension != nullptr);
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_name(X509& certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(&certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, as_bytes(common_name).data(),
                             static_cast<int>(common_name.size()), -1, 0);
}

void set_validity(X509& certificate, WallTime from, WallTime to) {
  X509_time_adj_ex(X509_getm_notBefore(&certificate), 0, 0, nullptr);
  ASN1_TIME_set(X509_getm_notBefore(&certificate), from.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(&certificate), to.time_since_epoch().count());
}

Bytes der_of(X509& certificate) {
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(&certificate, &der);
  SG_CHECK(size > 0);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::string text_of(BIO* bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio, &start);
  std::string text(start, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

KeyPointer make_rsa_key() {
  return KeyPointer(EVP_RSA_gen(2048));
}

KeyPointer make_p256_key() {
  return KeyPointer(EVP_EC_gen("P-256"));
}

KeyPointer public_key_of(ByteView subject_public_key_info) {
  const std::uint8_t* start = subject_public_key_info.data();
  KeyPointer key(d2i_PUBKEY(nullptr, &start, static_cast<long>(subject_public_key_info.size())));
  SG_CHECK(key != nullptr);
  return key;
}

std::string pem_of(EVP_PKEY& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}

X509Pointer x509_of(ByteView certificate_der) {
  const std::uint8_t* start = certificate_der.data();
  X509Pointer certificate(d2i_X509(nullptr, &start, static_cast<long>(certificate_der.size())));
  SG_CHECK(certificate != nullptr);
  return certificate;
}

std::string pem_of(ByteView certificate_der) {
  const X509Pointer certificate = x509_of(certificate_der);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate.get());
  return text_of(bio);
}

TestAuthority::TestAuthority(WallTime now) : key_(make_rsa_key()), certificate_(X509_new()) {
  X509& certificate = *certificate_;
  X509_set_version(&certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(&certificate), 1);
  set_name(certificate, "Test Authority");
  X509_set_issuer_name(&certificate, X509_get_subject_name(&certificate));
  set_validity(certificate, now - std::chrono::days(3650), now + std::chrono::days(3650));
  X509_set_pubkey(&certificate, key_.get());
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  SG_CHECK(X509_sign(&certificate, key_.get(), EVP_sha256()) > 0);
}

Bytes TestAuthority::certificate() const {
  return der_of(*certificate_);
}

Bytes TestAuthority::issue(EVP_PKEY& public_key, const CertificateRequest& request) {
  const X509Pointer owned(X509_new());
  X509& certificate = *owned;
  X509_set_version(&certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(&certificate), next_serial_++);
  set_name(certificate, request.address.empty() ? "Nobody" : request.address);
  X509_set_issuer_name(&certificate, X509_get_subject_name(certificate_.get()));
  set_validity(certificate, request.not_before, request.not_after);
  X509_set_pubkey(&certificate, &public_key);
  add_extension(certificate, *certificate_, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, *certificate_, NID_key_usage, "critical," + request.key_usage);
  add_extension(certificate, *certificate_, NID_ext_key_usage, "emailProtection");
  add_extension(certificate, *certificate_, NID_subject_key_identifier, "hash");
  add_extension(certificate, *certificate_, NID_authority_key_identifier, "keyid");
  if (!request.address.empty()) {
    add_extension(certificate, *certificate_, NID_subject_alt_name, "email:" + request.address);
  }
  SG_CHECK(X509_sign(&certificate, key_.get(), EVP_sha256()) > 0);
  return der_of(certificate);
}

}  // namespace sealgate::test_support
