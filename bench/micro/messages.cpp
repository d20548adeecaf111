// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/messages.h"

#include <array>
#include <cstdlib>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace sealgate::bench {
namespace {

constexpr std::uint32_t kPoolSegments = 4096;

[[noreturn]] void give_up() {
  std::abort();
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) give_up();
  X509_EXTENSION_free(extension);
}

engine::trust::CertificatePointer make_certificate(BenchKey kind) {
  EVP_PKEY* key = kind == BenchKey::Rsa2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  if (key == nullptr || certificate == nullptr) give_up();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Benchmark"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  add_extension(certificate, NID_subject_alt_name, "email:bench@bench.example");
  add_extension(certificate, NID_key_usage,
                kind == BenchKey::Rsa2048 ? "critical,digitalSignature,keyEncipherment"
                                          : "critical,digitalSignature,keyAgreement");
  add_extension(certificate, NID_subject_key_identifier, "hash");
  if (X509_sign(certificate, key, EVP_sha256()) == 0) give_up();
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) give_up();
  auto parsed = engine::trust::Certificate::parse({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return std::move(parsed).value();
}

}  // namespace

SegmentPool& pool() {
  static const std::unique_ptr<SegmentPool> pool = SegmentPool::create(kPoolSegments).value();
  return *pool;
}

RandomSource& system_random() {
  static SystemRandom random;
  return random;
}

std::string message_text(std::uint64_t size) {
  std::string text =
      "From: Anna <anna@bench.example>\r\nTo: Bob <bob@bench.example>\r\n"
      "Subject: Figures\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\n"
      "Message-ID: <bench@bench.example>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=\"b-1\"\r\n\r\n--b-1\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
      "The figures are attached. Please look at the second page first.\r\n--b-1\r\n"
      "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  constexpr std::string_view kEnd = "--b-1--\r\n";
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint32_t state = 1;
  text.reserve(size + 100);
  while (text.size() + kEnd.size() + 78 < size) {
    for (int i = 0; i < 76; ++i) {
      state = state * 1664525U + 1013904223U;
      text.push_back(kAlphabet[state >> 26U]);
    }
    text += "\r\n";
  }
  return text.append(kEnd);
}

Chain message_chain(std::uint64_t size) {
  ChainWriter writer(pool());
  if (!writer.append(message_text(size))) give_up();
  return writer.take();
}

engine::trust::CertificatePointer certificate(BenchKey kind) {
  static const std::array<engine::trust::CertificatePointer, 2> certificates = {
      make_certificate(BenchKey::Rsa2048), make_certificate(BenchKey::P256)};
  return certificates[static_cast<std::size_t>(kind)];
}

}  // namespace sealgate::bench
