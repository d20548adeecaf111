// SPDX-License-Identifier: Apache-2.0
//
// Owners of OpenSSL's objects, and how its error queue is left clean.
#pragma once

#include <memory>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace sealgate::hsm {

template <auto Function>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;

// OpenSSL's error queue belongs to the thread: what a check left there would be taken for the
// error of whoever looks next.
template <typename T>
T drained(T result) {
  ERR_clear_error();
  return result;
}

}  // namespace sealgate::hsm
