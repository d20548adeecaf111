// SPDX-License-Identifier: Apache-2.0
//
// Lists as OpenSSL encodes them, and by hand where it cannot.
#include "engine/trust/capabilities.h"

#include <gtest/gtest.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace sealgate::engine::trust {
namespace {

X509_ALGOR* algorithm(const char* name, X509_ALGOR* parameter = nullptr) {
  X509_ALGOR* made = X509_ALGOR_new();
  ASN1_STRING* packed = nullptr;
  if (parameter != nullptr) {
    packed = ASN1_item_pack(parameter, ASN1_ITEM_rptr(X509_ALGOR), nullptr);
    X509_ALGOR_free(parameter);
  }
  ASN1_OBJECT* object = OBJ_txt2obj(name, 0);
  SG_CHECK(object != nullptr);
  X509_ALGOR_set0(made, object, packed == nullptr ? V_ASN1_UNDEF : V_ASN1_SEQUENCE, packed);
  return made;
}

X509_ALGOR* oaep(X509_ALGOR* hash, X509_ALGOR* mask) {
  RSA_OAEP_PARAMS* parameters = RSA_OAEP_PARAMS_new();
  parameters->hashFunc = hash;
  parameters->maskGenFunc = mask;
  ASN1_STRING* packed = ASN1_item_pack(parameters, ASN1_ITEM_rptr(RSA_OAEP_PARAMS), nullptr);
  RSA_OAEP_PARAMS_free(parameters);
  X509_ALGOR* made = X509_ALGOR_new();
  X509_ALGOR_set0(made, OBJ_nid2obj(NID_rsaesOaep), V_ASN1_SEQUENCE, packed);
  return made;
}

Bytes encode(const std::vector<X509_ALGOR*>& entries) {
  X509_ALGORS* list = sk_X509_ALGOR_new_null();
  for (X509_ALGOR* entry : entries) sk_X509_ALGOR_push(list, entry);
  unsigned char* der = nullptr;
  const int size = i2d_X509_ALGORS(list, &der);
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
  return bytes;
}

TEST(Capabilities, KnowCiphers) {
  const Bytes der = encode({algorithm("aes-256-gcm"), algorithm("AES-128-CBC"),
                            algorithm("des-ede3-cbc"), algorithm("1.2.3.4")});
  const Capabilities can = parse_capabilities(der);
  EXPECT_TRUE(can.is_present);
  EXPECT_TRUE(can.aes256_gcm);
  EXPECT_TRUE(can.aes128_cbc);
  EXPECT_FALSE(can.aes128_gcm);
  EXPECT_FALSE(can.aes256_cbc);
  EXPECT_FALSE(can.oaep_sha1);
  EXPECT_FALSE(parse_capabilities(ByteView(der).first(der.size() - 1)).is_present);
  EXPECT_FALSE(parse_capabilities({}).is_present);
}

TEST(Capabilities, KnowWhichOaepIsMeant) {
  const auto digests = [](X509_ALGOR* entry) {
    const Capabilities can = parse_capabilities(encode({entry}));
    EXPECT_TRUE(can.is_present);
    return std::pair(can.oaep_sha1, can.oaep_sha256);
  };
  EXPECT_EQ(digests(algorithm("RSAES-OAEP")), std::pair(true, false));
  EXPECT_EQ(digests(oaep(nullptr, nullptr)), std::pair(true, false));
  EXPECT_EQ(digests(oaep(algorithm("SHA256"), algorithm("MGF1", algorithm("SHA256")))),
            std::pair(false, true));
  // Hash and mask that differ are neither.
  EXPECT_EQ(digests(oaep(algorithm("SHA256"), nullptr)), std::pair(false, false));
  EXPECT_EQ(digests(oaep(nullptr, algorithm("MGF1", algorithm("SHA256")))),
            std::pair(false, false));
  EXPECT_EQ(digests(oaep(algorithm("SHA256"), algorithm("SHA256", algorithm("SHA256")))),
            std::pair(false, false));
  EXPECT_EQ(digests(oaep(algorithm("SHA512"), algorithm("MGF1", algorithm("SHA512")))),
            std::pair(false, false));
}

TEST(Capabilities, KnowKeyAgreement) {
  constexpr const char* kHkdfSha256 = "1.2.840.113549.1.9.16.3.19";
  const Capabilities can = parse_capabilities(
      encode({algorithm("dhSinglePass-stdDH-sha256kdf-scheme", algorithm("id-aes256-wrap")),
              algorithm("dhSinglePass-stdDH-sha256kdf-scheme", algorithm("id-aes128-wrap")),
              algorithm("dhSinglePass-stdDH-sha384kdf-scheme", algorithm("id-aes256-wrap")),
              algorithm("dhSinglePass-stdDH-sha512kdf-scheme"),
              algorithm(kHkdfSha256, algorithm("id-aes128-wrap"))}));
  EXPECT_EQ(can.ecdh_sha256, (WrapCapability{.aes128 = true, .aes256 = true}));
  EXPECT_EQ(can.ecdh_sha384, (WrapCapability{.aes128 = false, .aes256 = true}));
  EXPECT_FALSE(can.ecdh_sha512.is_present()) << "without a wrap it says nothing";
  EXPECT_EQ(can.ecdh_hkdf_sha256, (WrapCapability{.aes128 = true, .aes256 = false}));
}

TEST(Capabilities, BoundTheirNumber) {
  std::vector<X509_ALGOR*> entries;
  for (int i = 0; i < 128; ++i) entries.push_back(algorithm("aes-256-gcm"));
  EXPECT_TRUE(parse_capabilities(encode(entries)).is_present);
  entries.clear();
  for (int i = 0; i < 129; ++i) entries.push_back(algorithm("aes-256-gcm"));
  EXPECT_FALSE(parse_capabilities(encode(entries)).is_present);
}

}  // namespace
}  // namespace sealgate::engine::trust
