// SPDX-License-Identifier: Apache-2.0
//
// One key of the fake module, in memory.
//
// Threading: immutable once made.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "tests/support/fake_pkcs11_script.h"

struct evp_md_st;
struct evp_pkey_st;

namespace sealgate::test_support {

// What PKCS#11 asks for, already told apart.
enum class FakePadding : std::uint8_t { Pkcs1, Pss, Oaep, None };

struct FakeScheme {
  FakePadding padding = FakePadding::Pkcs1;
  const evp_md_st* digest = nullptr;  // Of OAEP.
  const evp_md_st* mgf1 = nullptr;
};

class FakeKey {
 public:
  // Ends the process on an algorithm it does not know. RSA keys of one label are made once for
  // each process.
  explicit FakeKey(const FakeKeySpec& spec);

  const std::string& label() const { return spec_.label; }
  bool is_rsa() const;
  bool is_x25519() const;
  bool may(const std::string& usage) const;
  std::size_t bits() const;

  Bytes modulus() const;
  Bytes exponent() const;
  Bytes ec_parameters() const;
  Bytes ec_point() const;  // Inside an OCTET STRING, as PKCS#11 says.

  // RSA: PKCS#1 v1.5 over a DigestInfo, or PSS over a digest. EC: r || s. Empty: bad input.
  Bytes sign(FakePadding padding, ByteView input) const;
  Bytes decrypt(const FakeScheme& scheme, ByteView input) const;
  // The point is bare.
  Bytes derive(ByteView peer_point) const;

 private:
  FakeKeySpec spec_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace sealgate::test_support
