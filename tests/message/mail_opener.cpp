// SPDX-License-Identifier: Apache-2.0
#include "tests/message/mail_opener.h"

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "tests/message/test_authority.h"

namespace sealgate::test_support {
namespace {

struct CmsDeleter {
  void operator()(CMS_ContentInfo* cms) const { CMS_ContentInfo_free(cms); }
};
struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using CmsPointer = std::unique_ptr<CMS_ContentInfo, CmsDeleter>;
using BioPointer = std::unique_ptr<BIO, BioDeleter>;
using StorePointer = std::unique_ptr<X509_STORE, StoreDeleter>;

constexpr int kLayersMax = 5;

std::string text_of(BIO& bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(&bio, &start);
  return std::string(start, static_cast<std::size_t>(size));
}

std::string openssl_error() {
  char text[256] = "no OpenSSL error";
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

std::string hex_of(const ASN1_INTEGER* serial) {
  BIGNUM* number = ASN1_INTEGER_to_BN(serial, nullptr);
  char* hex = BN_bn2hex(number);
  std::string text(hex);
  OPENSSL_free(hex);
  BN_free(number);
  return text;
}

void read_recipients(CMS_ContentInfo& cms, OpenedMail& mail) {
  STACK_OF(CMS_RecipientInfo)* infos = CMS_get0_RecipientInfos(&cms);
  for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); ++i) {
    CMS_RecipientInfo* info = sk_CMS_RecipientInfo_value(infos, i);
    ASN1_INTEGER* serial = nullptr;
    if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS) {
      CMS_RecipientInfo_ktri_get0_signer_id(info, nullptr, nullptr, &serial);
      if (serial != nullptr) mail.names.push_back(hex_of(serial));
    } else if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE) {
      STACK_OF(CMS_RecipientEncryptedKey)* keys = CMS_RecipientInfo_kari_get0_reks(info);
      for (int k = 0; k < sk_CMS_RecipientEncryptedKey_num(keys); ++k) {
        serial = nullptr;
        CMS_RecipientEncryptedKey_get0_id(sk_CMS_RecipientEncryptedKey_value(keys, k), nullptr,
                                          nullptr, nullptr, nullptr, &serial);
        if (serial != nullptr) mail.names.push_back(hex_of(serial));
      }
    }
  }
}

bool decrypt(CMS_ContentInfo& cms, const OpenerKeys& keys, OpenedMail& mail, std::string& text) {
  mail.is_encrypted = true;
  read_recipients(cms, mail);
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (keys.key == nullptr) {
    mail.problem = "encrypted, and no key was given";
    return false;
  }
  const X509Pointer certificate = x509_of(keys.certificate);
  if (CMS_decrypt(&cms, keys.key, certificate.get(), nullptr, out.get(), 0) != 1) {
    mail.problem = "decrypt: " + openssl_error();
    return false;
  }
  text = text_of(*out);
  return true;
}

bool verify(CMS_ContentInfo& cms, BIO* detached, const OpenerKeys& keys, OpenedMail& mail,
            std::string& text) {
  mail.is_signed = true;
  const StorePointer store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), x509_of(keys.authority).get());
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, keys.at.time_since_epoch().count());
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (CMS_verify(&cms, nullptr, store.get(), detached, out.get(), 0) != 1) {
    mail.problem = "verify: " + openssl_error();
    return false;
  }
  STACK_OF(X509)* signers = CMS_get0_signers(&cms);
  if (sk_X509_num(signers) == 1) {
    mail.signer = hex_of(X509_get0_serialNumber(sk_X509_value(signers, 0)));
  }
  sk_X509_free(signers);
  text = text_of(*out);
  return true;
}

bool is_smime(std::string_view header) {
  return header.find("application/pkcs7-mime") != std::string_view::npos ||
         header.find("application/pkcs7-signature") != std::string_view::npos;
}

}  // namespace

std::string serial_of(ByteView certificate_der) {
  return hex_of(X509_get0_serialNumber(x509_of(certificate_der).get()));
}

OpenedMail open_mail(std::string_view message, const OpenerKeys& keys) {
  OpenedMail mail;
  std::string text(message);
  mail.header = text.substr(0, text.find("\r\n\r\n") + 2);
  for (int layer = 0; layer < kLayersMax; ++layer) {
    mail.content = text;
    const std::string header = text.substr(0, text.find("\r\n\r\n") + 2);
    if (!is_smime(header)) return mail;
    const BioPointer in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    BIO* detached = nullptr;
    const CmsPointer cms(SMIME_read_CMS(in.get(), &detached));
    const BioPointer owned(detached);
    if (cms == nullptr) {
      mail.is_good = false;
      mail.problem = "read: " + openssl_error();
      return mail;
    }
    const bool is_signed = OBJ_obj2nid(CMS_get0_type(cms.get())) == NID_pkcs7_signed;
    const bool is_open =
        is_signed ? verify(*cms, detached, keys, mail, text) : decrypt(*cms, keys, mail, text);
    if (!is_open) {
      mail.is_good = false;
      return mail;
    }
  }
  return mail;
}

}  // namespace sealgate::test_support
