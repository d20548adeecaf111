// SPDX-License-Identifier: Apache-2.0
//
// The border to OpenSSL: its errors become ours and its queue is emptied, so that nothing leaks
// into the next caller; its objects get owners.
#pragma once

#include <memory>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/error.h"

namespace sealgate::engine::trust {

// `kind` with the newest OpenSSL code as detail. Empties the queue.
inline Error openssl_error(const ErrorKind& kind,
                           SourceLocation where = SourceLocation::current()) {
  const auto code = static_cast<std::int64_t>(ERR_peek_last_error());
  ERR_clear_error();
  return Error(kind, code, where);
}

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioOwner = std::unique_ptr<BIO, OpensslDeleter<BIO_free>>;
using X509Owner = std::unique_ptr<X509, OpensslDeleter<X509_free>>;
using X509StoreContextOwner = std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX_free>>;
// The stack alone: it does not own what is on it.
using StackOwner =
    std::unique_ptr<STACK_OF(X509),
                    OpensslDeleter<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;
using GeneralNamesOwner = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;
using BitStringOwner = std::unique_ptr<ASN1_BIT_STRING, OpensslDeleter<ASN1_BIT_STRING_free>>;
using IntegerOwner = std::unique_ptr<ASN1_INTEGER, OpensslDeleter<ASN1_INTEGER_free>>;
using EnumeratedOwner = std::unique_ptr<ASN1_ENUMERATED, OpensslDeleter<ASN1_ENUMERATED_free>>;
using UsagesOwner = std::unique_ptr<EXTENDED_KEY_USAGE, OpensslDeleter<EXTENDED_KEY_USAGE_free>>;

}  // namespace sealgate::engine::trust
