// SPDX-License-Identifier: Apache-2.0
//
// For tests: the server's side of TLS in memory, by OpenSSL alone, with a certificate from an
// authority of its own.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace sealgate::netio {

class TlsTestServer {
 public:
  // `subject_alternative` as OpenSSL writes it: "DNS:next.example", "IP:192.0.2.1".
  explicit TlsTestServer(const std::string& subject_alternative) {
    authority_key_.reset(EVP_EC_gen("P-256"));
    authority_ = make_certificate("CA", authority_key_.get(), nullptr, "");
    key_.reset(EVP_EC_gen("P-256"));
    certificate_ = make_certificate("server", key_.get(), authority_.get(), subject_alternative);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SG_CHECK(SSL_CTX_use_certificate(context_.get(), certificate_.get()) == 1);
    SG_CHECK(SSL_CTX_use_PrivateKey(context_.get(), key_.get()) == 1);
    begin();
  }

  void limit_version(int version) {
    // Below TLS 1.2 OpenSSL wants to be asked twice.
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    begin();
  }

  // A new connection.
  void begin() {
    plaintext.clear();
    connection_.reset(SSL_new(context_.get()));
    incoming_ = BIO_new(BIO_s_mem());
    outgoing_ = BIO_new(BIO_s_mem());
    SSL_set_bio(connection_.get(), incoming_, outgoing_);
    SSL_set_accept_state(connection_.get());
  }

  // Takes ciphertext and gives back what is to be sent in reply; decrypted bytes are appended to
  // `plaintext`.
  std::string take(std::string_view ciphertext) {
    if (!ciphertext.empty()) {
      BIO_write(incoming_, ciphertext.data(), static_cast<int>(ciphertext.size()));
    }
    if (!is_open()) SSL_do_handshake(connection_.get());
    char buffer[16384];
    while (is_open()) {
      const int count = SSL_read(connection_.get(), buffer, sizeof buffer);
      if (count <= 0) break;
      plaintext.append(buffer, static_cast<std::size_t>(count));
    }
    return take_outgoing();
  }
  std::string send(std::string_view text) {
    SG_CHECK(SSL_write(connection_.get(), text.data(), static_cast<int>(text.size())) > 0);
    return take_outgoing();
  }
  std::string close() {
    SSL_shutdown(connection_.get());
    return take_outgoing();
  }
  bool is_open() const { return SSL_is_init_finished(connection_.get()) == 1; }
  std::string server_name() const {
    const char* name = SSL_get_servername(connection_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

  // Writes the authority's certificate as PEM.
  void write_authority(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "w");
    SG_CHECK(file != nullptr);
    PEM_write_X509(file, authority_.get());
    std::fclose(file);
  }

  std::string plaintext;

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
  };
  using Certificate = std::unique_ptr<X509, Free>;

  static void add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    SG_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }

  Certificate make_certificate(const char* name, EVP_PKEY* key, X509* issuer,
                               const std::string& subject_alternative) const {
    Certificate certificate(X509_new());
    X509* made = certificate.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(issuer == nullptr ? made : issuer));
    X509_set_pubkey(made, key);
    add_extension(made, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (issuer != nullptr) add_extension(made, NID_subject_alt_name, subject_alternative);
    SG_CHECK(X509_sign(made, authority_key_.get(), EVP_sha256()) > 0);
    return certificate;
  }

  std::string take_outgoing() {
    std::string text(BIO_ctrl_pending(outgoing_), '\0');
    if (!text.empty()) BIO_read(outgoing_, text.data(), static_cast<int>(text.size()));
    return text;
  }

  std::unique_ptr<EVP_PKEY, Free> authority_key_;
  Certificate authority_;
  std::unique_ptr<EVP_PKEY, Free> key_;
  Certificate certificate_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> connection_;
  BIO* incoming_ = nullptr;  // Both belong to connection_.
  BIO* outgoing_ = nullptr;
};

}  // namespace sealgate::netio
