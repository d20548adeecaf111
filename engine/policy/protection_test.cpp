// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/protection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/trust/certificate_maker_test.h"

namespace sealgate::engine::policy {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
namespace maker = trust::testing;

class ProtectionTest : public ::testing::Test {
 protected:
  const maker::Made bob_ = maker::make(maker::Recipe(), maker::make_ec("P-256"), nullptr);

  trust::Selection unknown() const {
    trust::Selection selection;
    selection.reason = "no certificate for bob@example.net is known";
    return selection;
  }
  trust::Selection unusable() const {
    trust::Selection selection;
    selection.is_known_contact = true;
    selection.candidates = {{bob_.certificate.get(), "x", trust::Outcome::Expired, "it expired"}};
    selection.reason = "none is usable: it expired";
    return selection;
  }
  trust::Selection usable() const {
    trust::Selection selection = unusable();
    selection.candidates[0].outcome = trust::Outcome::Chosen;
    selection.chosen = bob_.certificate.get();
    return selection;
  }
  Protection protect(EncryptWish encrypt, SignWish sign, const trust::Selection& contact,
                     bool has_signer) const {
    Decision decision;
    decision.treatment = Treatment::Seal;
    decision.encrypt = encrypt;
    decision.sign = sign;
    trust::SignerSelection signer;
    signer.selection.reason = "no certificate for ann@example.org is known";
    if (has_signer) signer.identity = &identity_;
    return resolve(decision, "bob@example.net", contact, "ann@example.org", signer);
  }

  const trust::Identity identity_{};
};

// Every combination of wish and what is known of the recipient.
TEST_F(ProtectionTest, KeepsThePromise) {
  struct Case {
    EncryptWish wish;
    trust::Selection contact;
    bool is_refused;
    bool is_encrypted;
  };
  const Case cases[] = {
      {EncryptWish::Required, usable(), false, true},
      {EncryptWish::Required, unusable(), true, false},
      {EncryptWish::Required, unknown(), true, false},
      {EncryptWish::Known, usable(), false, true},
      {EncryptWish::Known, unusable(), true, false},
      {EncryptWish::Known, unknown(), false, false},
      {EncryptWish::IfPossible, usable(), false, true},
      {EncryptWish::IfPossible, unusable(), false, false},
      {EncryptWish::IfPossible, unknown(), false, false},
      {EncryptWish::Never, usable(), false, false},
      {EncryptWish::Never, unknown(), false, false},
  };
  for (const Case& one : cases) {
    const Protection protection = protect(one.wish, SignWish::Always, one.contact, true);
    EXPECT_EQ(protection.is_refused, one.is_refused) << name_of(one.wish) << one.contact.reason;
    EXPECT_EQ(protection.is_encrypted, one.is_encrypted) << name_of(one.wish);
    EXPECT_EQ(protection.is_signed, !one.is_refused);
    EXPECT_EQ(protection.refusal.empty(), !one.is_refused);
    EXPECT_FALSE(protection.reasons.empty());
  }
}

TEST_F(ProtectionTest, TellsTheSenderWhomWhyAndWhatToDo) {
  const Protection protection = protect(EncryptWish::Known, SignWish::Never, unusable(), false);
  EXPECT_THAT(protection.refusal, HasSubstr("bob@example.net"));
  EXPECT_THAT(protection.refusal, HasSubstr("it expired"));
  EXPECT_THAT(protection.refusal, HasSubstr("Ask the recipient for a new S/MIME certificate"));
}

TEST_F(ProtectionTest, RefusesWhatMustBeSignedAndCannotBe) {
  EXPECT_TRUE(protect(EncryptWish::Known, SignWish::Always, unknown(), false).is_refused);
  const Protection without = protect(EncryptWish::Known, SignWish::IfPossible, usable(), false);
  EXPECT_FALSE(without.is_refused);
  EXPECT_TRUE(without.is_encrypted);
  EXPECT_FALSE(without.is_signed);
  EXPECT_THAT(without.reasons, Contains(HasSubstr("not signed: no certificate for ann")));
  const Protection refused = protect(EncryptWish::Known, SignWish::Always, usable(), false);
  EXPECT_TRUE(refused.is_refused);
  EXPECT_FALSE(refused.is_encrypted);
}

TEST_F(ProtectionTest, PassesAndRefusesAsDecided) {
  Decision decision;
  decision.treatment = Treatment::Pass;
  EXPECT_FALSE(needs_recipient_selection(decision));
  EXPECT_FALSE(needs_signer_selection(decision));
  EXPECT_FALSE(resolve(decision, "b@c.example", {}, "", {}).is_refused);
  decision.treatment = Treatment::Refuse;
  decision.refusal = "not allowed";
  const Protection refused = resolve(decision, "b@c.example\r\nX: y", {}, "", {});
  EXPECT_TRUE(refused.is_refused);
  EXPECT_EQ(refused.refusal, "Not sent to b@c.example??X: y: not allowed");
}

TEST(Profile, FollowsCapabilitiesOfTheCertificateOnlyWhereToldTo) {
  // aes256-GCM alone.
  const Bytes list = {0x30, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86,
                      0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e};
  const maker::Made able =
      maker::make(maker::Recipe{.raw_extensions = {{"1.2.840.113549.1.9.15", list}}},
                  maker::make_rsa(2048), nullptr);
  const maker::Made plain = maker::make(maker::Recipe(), maker::make_rsa(2048), nullptr);
  Profile profile;
  profile.name = "default";
  EXPECT_EQ(algorithms_for(profile, *plain.certificate, {}).cipher, Cipher::Aes256Cbc);
  EXPECT_EQ(algorithms_for(profile, *able.certificate, {}).cipher, Cipher::Aes256Gcm);
  EXPECT_EQ(algorithms_for(profile, *able.certificate, {}).rsa_transport, RsaTransport::Pkcs1);
  profile.capabilities = CapabilityUse::Ignore;
  EXPECT_EQ(algorithms_for(profile, *able.certificate, {}).cipher, Cipher::Aes256Cbc);
  profile.recipient_name = RecipientName::SubjectKeyId;
  EXPECT_EQ(algorithms_for(profile, *plain.certificate, {}).recipient_name,
            RecipientName::IssuerSerial);
}

// SMIMECapabilities of one entry.
Bytes capabilities_of(const Bytes& entry) {
  Bytes list = {0x30, static_cast<std::uint8_t>(entry.size())};
  list.insert(list.end(), entry.begin(), entry.end());
  return list;
}

TEST(Profile, FollowsWhatTheContactSaidBeforeHisCertificate) {
  const Bytes gcm = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e};
  const Bytes oaep_sha1 = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                           0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x00};
  const maker::Made able = maker::make(
      maker::Recipe{.raw_extensions = {{"1.2.840.113549.1.9.15", capabilities_of(gcm)}}},
      maker::make_rsa(2048), nullptr);
  Profile profile;
  profile.name = "default";
  const ContactAlgorithms learned =
      algorithms_for(profile, *able.certificate, capabilities_of(oaep_sha1));
  EXPECT_EQ(learned.rsa_transport, RsaTransport::OaepSha1);
  EXPECT_EQ(learned.cipher, Cipher::Aes256Cbc) << "the certificate is not asked any more";
  EXPECT_EQ(learned.reason, "profile default; the contact's signed mail asks for oaep-sha1");
  const Bytes broken = {0x30, 0x05};
  const ContactAlgorithms own = algorithms_for(profile, *able.certificate, broken);
  EXPECT_EQ(own.cipher, Cipher::Aes256Gcm);
  EXPECT_EQ(own.reason, "profile default; the certificate's capabilities ask for aes-256-gcm");
  profile.capabilities = CapabilityUse::Ignore;
  EXPECT_EQ(algorithms_for(profile, *able.certificate, capabilities_of(oaep_sha1)).rsa_transport,
            RsaTransport::Pkcs1);
}

TEST(Profile, GivesAShortKeyToWhoUnwrapsNoLongOne) {
  const auto wrap = [](std::uint8_t last_of_wrap) {
    return capabilities_of({0x30, 0x15, 0x06, 0x06, 0x2b, 0x81, 0x04,        0x01,
                            0x0b, 0x01, 0x30, 0x0b, 0x06, 0x09, 0x60,        0x86,
                            0x48, 0x01, 0x65, 0x03, 0x04, 0x01, last_of_wrap});
  };
  const maker::Made curve = maker::make(maker::Recipe(), maker::make_ec("P-256"), nullptr);
  const maker::Made other = maker::make(maker::Recipe(), maker::make_ec("P-384"), nullptr);
  Profile profile;
  EXPECT_EQ(algorithms_for(profile, *curve.certificate, wrap(0x05)).cipher, Cipher::Aes128Cbc);
  EXPECT_EQ(algorithms_for(profile, *curve.certificate, wrap(0x2d)).cipher, Cipher::Aes256Cbc);
  EXPECT_EQ(algorithms_for(profile, *other.certificate, wrap(0x05)).cipher, Cipher::Aes256Cbc)
      << "that was said of P-256";
}

TEST(Profile, SignsByPssWithAPssKeyWhateverItSays) {
  const maker::Made pss = maker::make(maker::Recipe(), maker::make_pss(), nullptr);
  EXPECT_EQ(rsa_signature_for(Profile(), *pss.certificate), RsaSignature::Pss);
}

}  // namespace
}  // namespace sealgate::engine::policy
