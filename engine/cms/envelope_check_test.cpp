// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/envelope_check.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cms/enveloped_data.h"
#include "engine/cms/openssl_judge.h"
#include "engine/cms/signed_data.h"
#include "engine/cms/smime.h"
#include "engine/cms/test_identities.h"

namespace sealgate::engine::cms {
namespace {

using testing::identity;
using testing::KeyType;

constexpr KeyType kTypes[] = {KeyType::Rsa2048, KeyType::P256, KeyType::X25519};

const trust::Certificate* certificate(KeyType type) {
  return identity(type).certificate.get();
}

Bytes sealed_to(const std::vector<KeyType>& types, ContentCipher cipher, RecipientIdKind id) {
  const auto pool = std::move(SegmentPool::create(64)).value();
  SystemRandom random;
  const std::string content = testing::pattern(50'000);
  EnvelopeSealer sealer =
      std::move(EnvelopeSealer::create(cipher, content.size(), random, *pool)).value();
  for (const KeyType type : types) {
    EXPECT_TRUE(sealer.add_recipient(
        {.certificate = certificate(type), .rsa = KeyTransport::RsaPkcs1, .id = id}));
  }
  EXPECT_TRUE(sealer.update(as_bytes(content)));
  const Chain body = std::move(sealer.finish()).value();
  return testing::der_of(
      testing::entity_of(std::string(pkcs7_fields(smime_type_of(cipher))), body));
}

std::string fault(ByteView der, const std::vector<KeyType>& meant) {
  std::vector<const trust::Certificate*> certificates;
  for (const KeyType type : meant) certificates.push_back(certificate(type));
  const std::size_t size = std::min(der.size(), envelope_head_bytes(meant.size()));
  return std::string(recipients_fault(der.first(size), certificates));
}

TEST(EnvelopeCheck, FindsExactlyTheRecipientsInAnyOrder) {
  const std::vector<KeyType> all(std::begin(kTypes), std::end(kTypes));
  const std::vector<KeyType> backwards(std::rbegin(kTypes), std::rend(kTypes));
  for (const ContentCipher cipher : {ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm}) {
    for (const RecipientIdKind id :
         {RecipientIdKind::IssuerAndSerial, RecipientIdKind::SubjectKeyId}) {
      const Bytes der = sealed_to(all, cipher, id);
      EXPECT_EQ(fault(der, all), "");
      EXPECT_EQ(fault(der, backwards), "");
    }
  }
}

TEST(EnvelopeCheck, NoticesARecipientTooManyOneTooFewAndAnother) {
  for (const RecipientIdKind id :
       {RecipientIdKind::IssuerAndSerial, RecipientIdKind::SubjectKeyId}) {
    const Bytes der = sealed_to({KeyType::Rsa2048, KeyType::P256}, ContentCipher::Aes128Cbc, id);
    EXPECT_EQ(fault(der, {KeyType::Rsa2048, KeyType::P256, KeyType::X25519}),
              "one whom it is meant for is not among its recipients");
    EXPECT_NE(fault(der, {KeyType::Rsa2048}), "");
    EXPECT_NE(fault(der, {KeyType::P256}), "");
    EXPECT_EQ(fault(der, {KeyType::Rsa2048, KeyType::P384}),
              "one of its recipients is nobody it is meant for");
  }
}

TEST(EnvelopeCheck, TakesNothingElseForAnEnvelope) {
  const testing::Signed made = testing::sign_entity(identity(KeyType::Rsa2048), "x\r\n",
                                                    DigestAlgorithm::Sha256, RsaPadding::Pkcs1);
  const Bytes detached = std::move(encode_detached({.signer = certificate(KeyType::Rsa2048),
                                                    .intermediates = {},
                                                    .scheme = made.scheme,
                                                    .signed_attributes = made.attributes,
                                                    .signature = made.signature}))
                             .value();
  EXPECT_EQ(fault(detached, {KeyType::Rsa2048}), "it is a CMS object that is not encrypted");
  EXPECT_EQ(fault(as_bytes(std::string_view("hello, this is not CMS")), {KeyType::Rsa2048}),
            "it does not begin like an encrypted object");
  EXPECT_EQ(fault({}, {KeyType::Rsa2048}), "it does not begin like an encrypted object");
}

TEST(EnvelopeCheck, TakesNoEnvelopeThatIsCutWithinItsRecipients) {
  const Bytes der = sealed_to({KeyType::Rsa2048, KeyType::P256}, ContentCipher::Aes256Cbc,
                              RecipientIdKind::IssuerAndSerial);
  const std::vector<KeyType> meant = {KeyType::Rsa2048, KeyType::P256};
  std::size_t size = 0;
  while (size < der.size() && !fault(ByteView(der).first(size), meant).empty()) ++size;
  // 256 octets of RSA, the names of two certificates, and an ephemeral key at least.
  EXPECT_GT(size, 500U);
  EXPECT_LT(size, 1000U);
  EXPECT_EQ(fault(ByteView(der).first(size + 1), meant), "");
}

}  // namespace
}  // namespace sealgate::engine::cms
