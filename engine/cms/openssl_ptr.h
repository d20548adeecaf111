// SPDX-License-Identifier: Apache-2.0
//
// Owners for OpenSSL's objects, and the one helper that drains its error queue.
#pragma once

#include <cstdint>
#include <memory>

#include <openssl/evp.h>

namespace sealgate::engine::cms {

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslDeleter<EVP_PKEY_CTX_free>>;

// The newest code of this thread's OpenSSL error queue, which is empty afterwards: what
// failed here must not be taken for a failure of the next caller.
std::int64_t take_openssl_error();

}  // namespace sealgate::engine::cms
