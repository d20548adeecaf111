// SPDX-License-Identifier: Apache-2.0
//
// Puts keys on a real token by bare PKCS#11 calls: those that our own key generation does not
// make, and those of foreign test vectors. A failure ends the process.
//
// Threading: belongs to the thread of its session.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/module.h"
#include "hsm/pkcs11/session.h"

struct evp_pkey_st;

namespace sealgate::hsm {

// A session that may write and is logged in, on the token with this label.
class TokenKeys {
 public:
  TokenKeys(std::shared_ptr<Module> module, const std::string& token_label, const std::string& pin);

  // A pair kept on the token, whose private half may derive.
  void generate_curve_key(const std::string& label, ByteView ec_parameters);

  // The halves of a private key as objects that go with the session; its id and label are `name`.
  void import_key(const std::string& name, evp_pkey_st* key);

  // What was put there, with the token's ways, in the order of the names; as Token::open() reads
  // it.
  std::vector<TokenKey> read();

  Session& session() { return session_; }

 private:
  CK_FUNCTION_LIST& functions() const { return module_->functions(); }
  void create(std::vector<CK_ATTRIBUTE> attributes);

  std::shared_ptr<Module> module_;
  CK_SLOT_ID slot_ = 0;
  Session session_;
};

// By OpenSSL: from PKCS#8 in DER, from a scalar (big-endian, of any length) on one of OpenSSL's
// curves, and from the 32 bytes of an X25519 key.
using PrivateKey = std::shared_ptr<evp_pkey_st>;
PrivateKey private_key_of_pkcs8(ByteView der);
PrivateKey private_key_on_curve(const char* curve, ByteView scalar);
PrivateKey private_key_of_x25519(ByteView key);

}  // namespace sealgate::hsm
