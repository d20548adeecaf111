// SPDX-License-Identifier: Apache-2.0
//
// What we announce is understood by the reader that learns from others; that one is checked
// against OpenSSL.
#include "engine/cms/capabilities.h"

#include <gtest/gtest.h>

#include "engine/trust/capabilities.h"

namespace sealgate::engine::cms {
namespace {

trust::Capabilities read_back(std::initializer_list<Capability> announced) {
  Capabilities capabilities;
  for (const Capability capability : announced) capabilities.add(capability);
  return trust::parse_capabilities(encode_capabilities(capabilities));
}

TEST(Capabilities, AreUnderstoodByTheReader) {
  using enum Capability;
  const trust::Capabilities all =
      read_back({Aes256Gcm, Aes128Gcm, Aes256Cbc, Aes128Cbc, RsaOaepSha256, RsaOaepSha1,
                 EcdhSha256Aes256Wrap, EcdhSha256Aes128Wrap, EcdhSha384Aes256Wrap,
                 EcdhHkdfSha256Aes256Wrap, EcdhHkdfSha256Aes128Wrap});
  EXPECT_TRUE(all.aes256_gcm && all.aes128_gcm && all.aes256_cbc && all.aes128_cbc);
  EXPECT_TRUE(all.oaep_sha256 && all.oaep_sha1);
  EXPECT_TRUE(all.ecdh_sha256.aes256 && all.ecdh_sha256.aes128);
  EXPECT_TRUE(all.ecdh_sha384.aes256);
  EXPECT_FALSE(all.ecdh_sha384.aes128);
  EXPECT_TRUE(all.ecdh_hkdf_sha256.aes256 && all.ecdh_hkdf_sha256.aes128);

  EXPECT_TRUE(read_back({RsaOaepSha256}).oaep_sha256);
  EXPECT_FALSE(read_back({RsaOaepSha256}).oaep_sha1);
  EXPECT_TRUE(read_back({RsaOaepSha1}).oaep_sha1);
  EXPECT_FALSE(read_back({RsaOaepSha1}).oaep_sha256);
  EXPECT_FALSE(read_back({EcdhHkdfSha256Aes128Wrap}).ecdh_sha256.is_present());
}

}  // namespace
}  // namespace sealgate::engine::cms
