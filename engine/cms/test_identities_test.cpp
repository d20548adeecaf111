// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/test_identities.h"

#include <array>
#include <map>
#include <string>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "engine/cms/openssl_ptr.h"

namespace sealgate::engine::cms::testing {
namespace {

// EVP_PKEY_Q_keygen() does not know RSA-PSS.
EVP_PKEY* generate_pss_key() {
  const KeyContextPtr operation(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
  EVP_PKEY* key = nullptr;
  SG_CHECK(EVP_PKEY_keygen_init(operation.get()) == 1);
  SG_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(operation.get(), 2048) == 1);
  SG_CHECK(EVP_PKEY_keygen(operation.get(), &key) == 1);
  return key;
}

EVP_PKEY* generate_key(KeyType type) {
  switch (type) {
    case KeyType::Rsa2048:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    case KeyType::RsaPss2048:
      return generate_pss_key();
    case KeyType::P256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case KeyType::P384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case KeyType::P521:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521");
    case KeyType::Ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case KeyType::X25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
    case KeyType::Weak:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{512});
  }
  return nullptr;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX configuration;
  X509V3_set_ctx_nodb(&configuration);
  X509V3_set_ctx(&configuration, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &configuration, nid, value.c_str());
  SG_CHECK(extension != nullptr);
  SG_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string key_usage_of(KeyType type) {
  switch (type) {
    case KeyType::Rsa2048:
    case KeyType::Weak:
      return "critical,digitalSignature,keyEncipherment";
    case KeyType::RsaPss2048:
    case KeyType::Ed25519:
      return "critical,digitalSignature";
    case KeyType::P256:
    case KeyType::P384:
    case KeyType::P521:
      return "critical,digitalSignature,keyAgreement";
    case KeyType::X25519:
      return "critical,keyAgreement";
  }
  return "";
}

X509* make_certificate(EVP_PKEY* key, std::string_view name, const Identity* issuer) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  // A high first bit makes the INTEGER nine bytes long.
  static std::uint64_t serial = 0xF123456789ABCD00;
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * 30);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string text(name);
  const auto* bytes = as_bytes(text).data();
  const std::string organization = "Sealgate Tests";
  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, as_bytes(organization).data(), -1, -1, 0);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
  X509_set_issuer_name(certificate,
                       issuer == nullptr ? subject : X509_get_subject_name(issuer->x509.get()));
  return certificate;
}

Identity finish(EVP_PKEY* key, X509* x509, EVP_PKEY* signer) {
  SG_CHECK(X509_sign(x509, signer, EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  SG_CHECK(size > 0);
  Identity made;
  made.key = std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
  made.x509 = std::shared_ptr<X509>(x509, X509_free);
  made.certificate =
      trust::Certificate::parse(ByteView(der, static_cast<std::size_t>(size))).value();
  OPENSSL_free(der);
  return made;
}

Identity make_root() {
  EVP_PKEY* key = generate_key(KeyType::Rsa2048);
  X509* x509 = make_certificate(key, "Root", nullptr);
  add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(x509, x509, NID_subject_key_identifier, "hash");
  return finish(key, x509, key);
}

Identity make_identity(KeyType type) {
  EVP_PKEY* key = generate_key(type);
  X509* x509 = make_certificate(key, name_of(type), &root());
  add_extension(x509, root().x509.get(), NID_key_usage, key_usage_of(type));
  add_extension(x509, root().x509.get(), NID_ext_key_usage, "emailProtection");
  if (type != KeyType::Weak) {
    add_extension(x509, root().x509.get(), NID_subject_key_identifier, "hash");
  }
  add_extension(x509, root().x509.get(), NID_authority_key_identifier, "keyid");
  add_extension(x509, root().x509.get(), NID_subject_alt_name,
                "email:" + std::string(name_of(type)) + "@sealgate.example");
  return finish(key, x509, root().key.get());
}

const EVP_MD* digest_for(hsm::Mechanism mechanism) {
  using enum hsm::Mechanism;
  switch (mechanism) {
    case RsaPkcs1Sha256:
    case RsaPssSha256:
    case EcdsaSha256:
      return EVP_sha256();
    case RsaPkcs1Sha384:
    case RsaPssSha384:
    case EcdsaSha384:
      return EVP_sha384();
    default:
      return EVP_sha512();
  }
}

bool is_pss(hsm::Mechanism mechanism) {
  using enum hsm::Mechanism;
  return mechanism == RsaPssSha256 || mechanism == RsaPssSha384 || mechanism == RsaPssSha512;
}

Bytes sign_pure(EVP_PKEY* key, ByteView input) {
  const DigestContextPtr state(EVP_MD_CTX_new());
  Bytes signature(64);
  std::size_t size = signature.size();
  SG_CHECK(EVP_DigestSignInit(state.get(), nullptr, nullptr, nullptr, key) == 1);
  SG_CHECK(EVP_DigestSign(state.get(), signature.data(), &size, input.data(), input.size()) == 1);
  return signature;
}

std::string pem_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

}  // namespace

std::string Identity::certificate_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  SG_CHECK(PEM_write_bio_X509(bio, x509.get()) == 1);
  return pem_of(bio);
}

std::string Identity::key_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  SG_CHECK(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return pem_of(bio);
}

const Identity& root() {
  static const Identity made = make_root();
  return made;
}

const Identity& identity(KeyType type) {
  static std::map<KeyType, Identity> made;
  const auto found = made.find(type);
  if (found != made.end()) return found->second;
  return made.emplace(type, make_identity(type)).first->second;
}

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::Rsa2048:
      return "rsa2048";
    case KeyType::RsaPss2048:
      return "rsapss2048";
    case KeyType::P256:
      return "p256";
    case KeyType::P384:
      return "p384";
    case KeyType::P521:
      return "p521";
    case KeyType::Ed25519:
      return "ed25519";
    case KeyType::X25519:
      return "x25519";
    case KeyType::Weak:
      return "weak";
  }
  return "";
}

Bytes sign_as_token(const Identity& signer, hsm::Mechanism mechanism, ByteView input) {
  if (mechanism == hsm::Mechanism::Ed25519) return sign_pure(signer.key.get(), input);
  const EVP_MD* digest = digest_for(mechanism);
  const KeyContextPtr operation(EVP_PKEY_CTX_new_from_pkey(nullptr, signer.key.get(), nullptr));
  SG_CHECK(EVP_PKEY_sign_init(operation.get()) == 1);
  if (is_pss(mechanism)) {
    SG_CHECK(EVP_PKEY_CTX_set_rsa_padding(operation.get(), RSA_PKCS1_PSS_PADDING) == 1);
    SG_CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(operation.get(), RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  SG_CHECK(EVP_PKEY_CTX_set_signature_md(operation.get(), digest) == 1);
  Bytes signature(1024);
  std::size_t size = signature.size();
  SG_CHECK(EVP_PKEY_sign(operation.get(), signature.data(), &size, input.data(), input.size()) ==
           1);
  signature.resize(size);
  return signature;
}

WallTime test_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Capabilities all_capabilities() {
  using enum Capability;
  Capabilities capabilities;
  for (const Capability capability :
       {Aes256Gcm, Aes128Gcm, Aes256Cbc, Aes128Cbc, RsaOaepSha256, RsaOaepSha1,
        EcdhSha256Aes256Wrap, EcdhSha256Aes128Wrap, EcdhSha384Aes256Wrap, EcdhHkdfSha256Aes256Wrap,
        EcdhHkdfSha256Aes128Wrap}) {
    capabilities.add(capability);
  }
  return capabilities;
}

Signed sign_entity(const Identity& signer, std::string_view entity, DigestAlgorithm digest,
                   RsaPadding padding) {
  Signed made;
  made.scheme = signature_scheme(*signer.certificate, digest, padding).value();
  made.attributes = build_signed_attributes(
      {.signer = signer.certificate.get(),
       .content_digest = digest_of(made.scheme.digest, as_bytes(entity)).value(),
       .signing_time = test_time(),
       .capabilities = all_capabilities()});
  const auto input = signature_input(made.scheme, made.attributes).value();
  made.signature = sign_as_token(signer, made.scheme.mechanism, input.view());
  return made;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& character : text) {
    state = state * 1664525U + 1013904223U;
    character = static_cast<char>(state >> 24U);
  }
  return text;
}

}  // namespace sealgate::engine::cms::testing
