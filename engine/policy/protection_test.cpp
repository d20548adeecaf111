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
  EXPECT_EQ(algorithms_for(profile, *plain.certificate).cipher, Cipher::Aes256Cbc);
  EXPECT_EQ(algorithms_for(profile, *able.certificate).cipher, Cipher::Aes256Gcm);
  EXPECT_EQ(algorithms_for(profile, *able.certificate).rsa_transport, RsaTransport::Pkcs1);
  profile.capabilities = CapabilityUse::Ignore;
  EXPECT_EQ(algorithms_for(profile, *able.certificate).cipher, Cipher::Aes256Cbc);
  profile.recipient_name = RecipientName::SubjectKeyId;
  EXPECT_EQ(algorithms_for(profile, *plain.certificate).recipient_name,
            RecipientName::IssuerSerial);
}

TEST(Profile, SignsByPssWithAPssKeyWhateverItSays) {
  const maker::Made pss = maker::make(maker::Recipe(), maker::make_pss(), nullptr);
  EXPECT_EQ(rsa_signature_for(Profile(), *pss.certificate), RsaSignature::Pss);
}

}  // namespace
}  // namespace sealgate::engine::policy
