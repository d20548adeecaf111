// SPDX-License-Identifier: Apache-2.0
#include "app/cli/certificate_request.h"

#include <memory>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace sealgate::app {
namespace {

struct Free {
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
  void operator()(ASN1_BIT_STRING* bits) const { ASN1_BIT_STRING_free(bits); }
};
using Request = std::unique_ptr<X509_REQ, Free>;

struct Scheme {
  hsm::Mechanism mechanism;
  int algorithm;         // NID.
  const EVP_MD* digest;  // Null where the token takes the text itself.
};

Result<Scheme> scheme_for(const hsm::KeyReport& key) {
  switch (key.type) {
    case hsm::KeyType::Rsa:
      return Scheme{hsm::Mechanism::RsaPkcs1Sha256, NID_sha256WithRSAEncryption, EVP_sha256()};
    case hsm::KeyType::EcP256:
      return Scheme{hsm::Mechanism::EcdsaSha256, NID_ecdsa_with_SHA256, EVP_sha256()};
    case hsm::KeyType::EcP384:
      return Scheme{hsm::Mechanism::EcdsaSha384, NID_ecdsa_with_SHA384, EVP_sha384()};
    case hsm::KeyType::EcP521:
      return Scheme{hsm::Mechanism::EcdsaSha512, NID_ecdsa_with_SHA512, EVP_sha512()};
    case hsm::KeyType::Ed25519:
      return Scheme{hsm::Mechanism::Ed25519, NID_ED25519, nullptr};
    case hsm::KeyType::X25519:
    case hsm::KeyType::Other:
      break;
  }
  return kRequestNotMade;
}

bool add_name(X509_NAME* name, const char* field, const std::string& text) {
  const ByteView bytes = as_bytes(text);
  return text.empty() || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes.data(),
                                                    static_cast<int>(bytes.size()), -1, 0) == 1;
}

bool add_extension(STACK_OF(X509_EXTENSION) * extensions, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  return extension != nullptr && sk_X509_EXTENSION_push(extensions, extension) > 0;
}

bool add_extensions(X509_REQ* request, const std::string& address) {
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  const bool is_done = add_extension(extensions, NID_key_usage, "critical,digitalSignature") &&
                       add_extension(extensions, NID_ext_key_usage, "emailProtection") &&
                       add_extension(extensions, NID_subject_alt_name, "email:" + address) &&
                       X509_REQ_add_extensions(request, extensions) == 1;
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return is_done;
}

Result<Bytes> tbs_input(X509_REQ* request, const Scheme& scheme) {
  unsigned char* der = nullptr;
  const int length = i2d_re_X509_REQ_tbs(request, &der);
  if (length <= 0) {
    return kRequestNotMade;
  }
  Bytes input(der, der + length);
  OPENSSL_free(der);
  if (scheme.digest != nullptr) {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    if (EVP_Digest(input.data(), input.size(), digest.data(), &size, scheme.digest, nullptr) != 1) {
      return kRequestNotMade;
    }
    digest.resize(size);
    return digest;
  }
  return input;
}

bool put_signature(X509_REQ* request, const Scheme& scheme, const Bytes& signature) {
  const std::unique_ptr<X509_ALGOR, Free> algorithm(X509_ALGOR_new());
  // RFC 4055, 5: RSA has NULL parameters; RFC 5758, 3.2 and RFC 8410, 3: the others have none.
  const int parameters =
      scheme.algorithm == NID_sha256WithRSAEncryption ? V_ASN1_NULL : V_ASN1_UNDEF;
  X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(scheme.algorithm), parameters, nullptr);
  std::unique_ptr<ASN1_BIT_STRING, Free> bits(ASN1_BIT_STRING_new());
  if (ASN1_BIT_STRING_set(bits.get(), const_cast<unsigned char*>(signature.data()),
                          static_cast<int>(signature.size())) != 1) {
    return false;
  }
  bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 7);
  bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;  // No bit is unused.
  X509_REQ_set0_signature(request, bits.release());
  return X509_REQ_set1_signature_algo(request, algorithm.get()) == 1;
}

Result<Bytes> make(hsm::Token& token, const hsm::KeyReport& key, const RequestSubject& subject) {
  const Scheme scheme = SG_TRY(scheme_for(key));
  const unsigned char* der = key.public_key.data();
  const std::unique_ptr<EVP_PKEY, Free> public_key(
      d2i_PUBKEY(nullptr, &der, static_cast<long>(key.public_key.size())));
  const Request request(X509_REQ_new());
  const bool is_filled =
      public_key != nullptr && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
      X509_REQ_set_pubkey(request.get(), public_key.get()) == 1 &&
      add_name(X509_REQ_get_subject_name(request.get()), "O", subject.organisation) &&
      add_name(X509_REQ_get_subject_name(request.get()), "CN", subject.common_name) &&
      add_extensions(request.get(), subject.address);
  if (!is_filled) {
    return kRequestNotMade;
  }
  const Bytes input = SG_TRY(tbs_input(request.get(), scheme));
  const Bytes signature = SG_TRY(token.sign_blocking(key.id, scheme.mechanism, input));
  if (!put_signature(request.get(), scheme, signature) ||
      X509_REQ_verify(request.get(), public_key.get()) != 1) {
    return kRequestNotMade;
  }
  unsigned char* text = nullptr;
  const int length = i2d_X509_REQ(request.get(), &text);
  if (length <= 0) {
    return kRequestNotMade;
  }
  Bytes result(text, text + length);
  OPENSSL_free(text);
  return result;
}

}  // namespace

Result<Bytes> make_signing_request(hsm::Token& token, const hsm::KeyReport& key,
                                   const RequestSubject& subject) {
  Result<Bytes> request = make(token, key, subject);
  ERR_clear_error();
  return request;
}

}  // namespace sealgate::app
