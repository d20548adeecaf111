// SPDX-License-Identifier: Apache-2.0
//
// Certificates and the names of recipients are OpenSSL's.
#include "engine/trust/opening_keys.h"

#include <gtest/gtest.h>
#include <openssl/cms.h>

#include "engine/trust/certificate_maker_test.h"

namespace sealgate::engine::trust {
namespace {

using testing::Made;
using testing::mail_extensions;
using testing::make;
using testing::make_authority;
using testing::make_ec;
using testing::make_key;
using testing::make_pss;
using testing::make_rsa;
using testing::Recipe;

class OpeningKeysTest : public ::testing::Test {
 protected:
  const Made root_ = make_authority("Root");

  Made make_for(const std::string& address, std::uint64_t serial) const {
    return make(Recipe{.extensions = mail_extensions(address, "keyAgreement"), .serial = serial},
                make_ec("P-256"), &root_);
  }
  static const Certificate* find(const OpeningKeys& keys, const Certificate& certificate) {
    return keys.find(certificate.issuer_der(), certificate.serial_der());
  }
};

TEST_F(OpeningKeysTest, FindsByIssuerAndSerial) {
  const Made one = make_for("a@example.org", 1);
  const Made two = make_for("a@example.org", 2);
  const Made stranger = make_for("a@example.org", 3);
  OpeningKeys keys;
  EXPECT_TRUE(keys.add({.certificate = one.certificate, .origin = "identities/one.pem"}));
  EXPECT_TRUE(
      keys.add({.certificate = two.certificate, .origin = "retired/two.pem", .is_retired = true}));
  EXPECT_EQ(find(keys, *one.certificate), one.certificate.get());
  EXPECT_EQ(find(keys, *two.certificate), two.certificate.get());
  EXPECT_EQ(find(keys, *stranger.certificate), nullptr);
  const Made elsewhere = make(Recipe{.serial = 1}, make_ec("P-256"), nullptr);
  EXPECT_EQ(find(keys, *elsewhere.certificate), nullptr);
  ASSERT_EQ(keys.keys().size(), 2U);
  EXPECT_FALSE(keys.keys()[0].is_retired);
  EXPECT_TRUE(keys.keys()[1].is_retired);
}

TEST_F(OpeningKeysTest, TakesAnIssuerThatTheSenderHasEncodedAnew) {
  const Made one = make_for("a@example.org", 1);
  OpeningKeys keys;
  keys.add({.certificate = one.certificate, .origin = ""});
  // The same name in other letters and another string type.
  X509_NAME* name = X509_NAME_new();
  const unsigned char text[] = "ROOT";
  ASSERT_EQ(X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_PRINTABLESTRING, text, 4, -1, 0), 1);
  unsigned char* der = nullptr;
  const int size = i2d_X509_NAME(name, &der);
  const Bytes issuer(der, der + size);
  OPENSSL_free(der);
  X509_NAME_free(name);
  ASSERT_FALSE(equal_bytes(issuer, one.certificate->issuer_der()));
  EXPECT_EQ(keys.find(issuer, one.certificate->serial_der()), one.certificate.get());
  Bytes trailing = issuer;
  trailing.push_back(0);
  EXPECT_EQ(keys.find(trailing, one.certificate->serial_der()), nullptr);
  EXPECT_EQ(keys.find(Bytes(1 << 20, 0x30), one.certificate->serial_der()), nullptr);
  EXPECT_EQ(keys.find({}, {}), nullptr);
}

// What OpenSSL writes into a RecipientInfo that names its recipient by key.
Bytes key_id_by_openssl(const Certificate& certificate) {
  ASN1_OCTET_STRING* id = nullptr;
  CMS_ContentInfo* message =
      CMS_encrypt(nullptr, nullptr, EVP_aes_128_cbc(), CMS_PARTIAL | CMS_STREAM);
  CMS_RecipientInfo* recipient =
      CMS_add1_recipient_cert(message, certificate.x509(), CMS_USE_KEYID);
  SG_CHECK(recipient != nullptr);
  SG_CHECK(CMS_RecipientInfo_ktri_get0_signer_id(recipient, &id, nullptr, nullptr) == 1);
  Bytes octets(ASN1_STRING_get0_data(id), ASN1_STRING_get0_data(id) + ASN1_STRING_length(id));
  CMS_ContentInfo_free(message);
  return octets;
}

TEST_F(OpeningKeysTest, FindsBySubjectKeyId) {
  const testing::TestKey key = make_rsa(2048);
  const Recipe with{.extensions = mail_extensions("a@example.org", "keyEncipherment")};
  const Made own = make(with, key, &root_);
  OpeningKeys keys;
  keys.add({.certificate = own.certificate, .origin = ""});
  const Bytes id = key_id_by_openssl(*own.certificate);
  EXPECT_EQ(keys.find(id), own.certificate.get());
  EXPECT_EQ(keys.find(ByteView(id).first(19)), nullptr);
  EXPECT_EQ(keys.find(ByteView()), nullptr);

  // Without the extension: the same number, since OpenSSL's "hash" is method 1.
  const Made without = make(Recipe{.extensions = {{"keyUsage", "keyEncipherment"}}}, key, &root_);
  ASSERT_FALSE(without.certificate->subject_key_id());
  OpeningKeys computed;
  computed.add({.certificate = without.certificate, .origin = ""});
  EXPECT_EQ(computed.find(id), without.certificate.get());
}

TEST_F(OpeningKeysTest, FindsTheFirstOfTwoWithOneName) {
  const Made own = make_for("a@example.org", 1);
  const Made again = make(Recipe{.serial = 1}, own.key, &root_);
  OpeningKeys keys;
  keys.add({.certificate = own.certificate, .origin = ""});
  keys.add({.certificate = again.certificate, .origin = ""});
  EXPECT_EQ(find(keys, *again.certificate), own.certificate.get());
}

TEST_F(OpeningKeysTest, LeavesKeysThatSignAlone) {
  const auto is_taken = [&](const testing::TestKey& key, const std::string& usage) {
    const Recipe recipe{.extensions = {{"keyUsage", usage}}};
    OpeningKeys keys;
    return keys.add({.certificate = make(recipe, key, &root_).certificate, .origin = ""});
  };
  EXPECT_FALSE(is_taken(make_rsa(2048), "digitalSignature"));
  EXPECT_FALSE(is_taken(make_ec("P-256"), "digitalSignature,nonRepudiation"));
  EXPECT_FALSE(is_taken(make_key("ED25519"), "keyAgreement"));
  EXPECT_FALSE(is_taken(make_pss(), "keyEncipherment"));
  EXPECT_TRUE(is_taken(make_rsa(2048), "digitalSignature,keyEncipherment"));
  EXPECT_TRUE(is_taken(make_rsa(1024), "keyEncipherment")) << "what is weak today opens old mail";
  EXPECT_TRUE(is_taken(make_key("X25519"), "keyAgreement"));
}

}  // namespace
}  // namespace sealgate::engine::trust
