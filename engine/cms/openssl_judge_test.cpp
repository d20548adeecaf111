// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/openssl_judge.h"

#include <memory>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "engine/cms/openssl_ptr.h"

namespace sealgate::engine::cms::testing {
namespace {

using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, OpensslDeleter<CMS_ContentInfo_free>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslDeleter<X509_STORE_free>>;

BioPtr memory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

struct Parsed {
  CmsPtr cms;
  BioPtr detached;
};

Parsed parse(const std::string& entity) {
  const BioPtr in = memory(entity);
  BIO* detached = nullptr;
  CmsPtr cms(SMIME_read_CMS(in.get(), &detached));
  return {.cms = std::move(cms), .detached = BioPtr(detached)};
}

}  // namespace

std::optional<std::string> openssl_verify(const std::string& entity) {
  const Parsed parsed = parse(entity);
  if (parsed.cms == nullptr) return std::nullopt;
  const StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root().x509.get());
  X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store.get()), X509_PURPOSE_SMIME_SIGN);
  const BioPtr out(BIO_new(BIO_s_mem()));
  // CMS_CADES checks signingCertificateV2 too.
  if (CMS_verify(parsed.cms.get(), nullptr, store.get(), parsed.detached.get(), out.get(),
                 CMS_BINARY | CMS_CADES) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return text_of(out.get());
}

std::optional<std::string> openssl_decrypt(const std::string& entity, const Identity& recipient) {
  const Parsed parsed = parse(entity);
  if (parsed.cms == nullptr) return std::nullopt;
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (CMS_decrypt(parsed.cms.get(), recipient.key.get(), recipient.x509.get(), nullptr, out.get(),
                  CMS_BINARY) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return text_of(out.get());
}

std::string entity_of(std::string_view fields, const Chain& body) {
  return std::string(fields) + "\r\n" + body.text(0, body.size());
}

Bytes der_of(const std::string& entity) {
  const std::string body = entity.substr(entity.find("\r\n\r\n") + 4);
  const BioPtr filter(BIO_push(BIO_new(BIO_f_base64()), memory(body).release()));
  Bytes der(body.size());
  const int size = BIO_read(filter.get(), der.data(), static_cast<int>(der.size()));
  der.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return der;
}

}  // namespace sealgate::engine::cms::testing
