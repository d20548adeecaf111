// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/selection.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/trust/certificate_maker_test.h"
#include "engine/trust/errors.h"

namespace sealgate::engine::trust {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using testing::Made;
using testing::mail_extensions;
using testing::make;
using testing::make_authority;
using testing::make_ec;
using testing::make_key;
using testing::make_pss;
using testing::make_revocation_list;
using testing::make_rsa;
using testing::Recipe;
using testing::test_time;

class SelectionTest : public ::testing::Test {
 protected:
  const Made root_ = make_authority("Root");
  const TrustStore store_{
      {.anchors = {root_.certificate}, .intermediates = {}, .revocation_lists = {}}};
  ChainCache cache_;
  const CompromisedKeys compromised_;
  const SharedKeys shared_;
  const SelectionScope scope_{store_, cache_, compromised_, shared_, test_time()};
  const KeyConstraints any_;

  Made make_for(const std::string& address, const std::string& usage, Recipe recipe) const {
    recipe.extensions = mail_extensions(address, usage);
    return make(recipe, make_ec("P-256"), &root_);
  }
  Made make_for(const std::string& address, const std::string& usage) const {
    return make_for(address, usage, Recipe());
  }

  Selection select(const std::vector<Contact>& contacts, std::string_view address) {
    Directory directory;
    for (const Contact& contact : contacts) directory.add(contact).value();
    return select_recipient(scope_, directory, address, any_);
  }
  Outcome outcome_of(const Made& made) {
    return select({{made.certificate, "x", "bob@example.org"}}, "bob@example.org")
        .candidates.at(0)
        .outcome;
  }
};

TEST_F(SelectionTest, ChoosesAUsableCertificateForTheExactAddress) {
  const Made bob = make_for("bob@example.org", "keyAgreement");
  const Made eve = make_for("eve@example.org", "keyAgreement");
  const Selection selection = select(
      {{eve.certificate, "eve.pem", ""}, {bob.certificate, "bob.pem", ""}}, "bob@EXAMPLE.org");
  EXPECT_EQ(selection.chosen, bob.certificate.get());
  EXPECT_TRUE(selection.is_known_contact);
  ASSERT_EQ(selection.candidates.size(), 1U);
  EXPECT_THAT(selection.reason, HasSubstr("bob.pem"));
  EXPECT_FALSE(select({{eve.certificate, "eve.pem", ""}}, "bob@example.org").is_known_contact);
}

TEST_F(SelectionTest, IsTheSameWhateverTheOrder) {
  std::vector<Contact> contacts;
  const Made newest =
      make_for("bob@example.org", "keyAgreement", Recipe{.not_before = test_time() - hours(1)});
  contacts.push_back({newest.certificate, "newest", ""});
  contacts.push_back({make_for("bob@example.org", "keyAgreement").certificate, "older", ""});
  contacts.push_back(
      {make_for("bob@example.org", "keyAgreement",
                Recipe{.not_before = test_time() - hours(1), .not_after = test_time() + hours(1)})
           .certificate,
       "shorter", ""});
  contacts.push_back(
      {make_for("bob@example.org", "keyAgreement", Recipe{.not_before = test_time() + hours(1)})
           .certificate,
       "future", ""});
  contacts.push_back(
      {make_for("bob@example.org", "keyAgreement", Recipe{.not_after = test_time() - hours(1)})
           .certificate,
       "expired", ""});
  std::sort(contacts.begin(), contacts.end(),
            [](const Contact& left, const Contact& right) { return left.origin < right.origin; });
  do {
    const Selection selection = select(contacts, "bob@example.org");
    EXPECT_EQ(selection.chosen, newest.certificate.get());
    ASSERT_EQ(selection.candidates.size(), 5U);
    EXPECT_EQ(selection.candidates[0].outcome, Outcome::Chosen);
    EXPECT_EQ(selection.candidates[1].origin, "shorter");
    EXPECT_EQ(selection.candidates[1].outcome, Outcome::OlderThanChosen);
    EXPECT_EQ(selection.candidates[2].origin, "older");
    EXPECT_EQ(selection.candidates[3].outcome, Outcome::NotYetValid);
    EXPECT_EQ(selection.candidates[4].outcome, Outcome::Expired);
    for (const Candidate& candidate : selection.candidates) EXPECT_NE(candidate.reason, "");
  } while (std::next_permutation(
      contacts.begin(), contacts.end(),
      [](const Contact& left, const Contact& right) { return left.origin < right.origin; }));
}

TEST_F(SelectionTest, BreaksTiesByFingerprint) {
  const Made one = make_for("bob@example.org", "keyAgreement");
  const Made two = make_for("bob@example.org", "keyAgreement");
  const Certificate* lower = one.certificate->sha256() < two.certificate->sha256()
                                 ? one.certificate.get()
                                 : two.certificate.get();
  EXPECT_EQ(
      select({{one.certificate, "1", ""}, {two.certificate, "2", ""}}, "bob@example.org").chosen,
      lower);
  EXPECT_EQ(
      select({{two.certificate, "2", ""}, {one.certificate, "1", ""}}, "bob@example.org").chosen,
      lower);
}

TEST_F(SelectionTest, PrefersTheVeryAddressToTheDomain) {
  const Made domain =
      make_for("gateway@example.org", "keyAgreement", Recipe{.not_before = test_time() - hours(1)});
  const Made bob = make_for("bob@example.org", "keyAgreement");
  const std::vector<Contact> both = {{domain.certificate, "domain", "@Example.org"},
                                     {bob.certificate, "bob", ""}};
  const Selection selection = select(both, "bob@example.org");
  EXPECT_EQ(selection.chosen, bob.certificate.get());
  EXPECT_EQ(selection.candidates[1].outcome, Outcome::DomainOnly);
  EXPECT_EQ(select(both, "carol@example.org").chosen, domain.certificate.get());
  EXPECT_EQ(select(both, "carol@sub.example.org").chosen, nullptr);
  EXPECT_FALSE(select(both, "carol@sub.example.org").is_known_contact);
}

TEST_F(SelectionTest, TakesTheOperatorsBinding) {
  const Made bob = make_for("bob@old.example", "keyAgreement");
  const std::vector<Contact> bound = {{bob.certificate, "bob", "bob@example.org"}};
  EXPECT_EQ(select(bound, "bob@example.org").chosen, bob.certificate.get());
  EXPECT_EQ(select(bound, "bob@old.example").chosen, nullptr);
}

TEST_F(SelectionTest, KnowsADomainsContactByEveryLocalPart) {
  const Made domain = make_for("gateway@example.org", "keyAgreement");
  const std::vector<Contact> contacts = {{domain.certificate, "domain", "@example.org"}};
  // No normal form: a blank that needs quotes, an invisible character.
  for (const char* address :
       {"\"b ob\"@EXAMPLE.org", "\"b@ob\"@example.org", "b\u200bob@example.org"}) {
    const Selection selection = select(contacts, address);
    EXPECT_TRUE(selection.is_known_contact) << address;
    EXPECT_EQ(selection.chosen, domain.certificate.get()) << address;
  }
  EXPECT_FALSE(select(contacts, "\"b ob\"@example.com").is_known_contact);
}

TEST_F(SelectionTest, TakesNobodyForAStrangerWhoseDomainIsMalformed) {
  // A mail server that overlooks the soft hyphen delivers it to example.org.
  const Selection selection = select({}, "bob@exam\u00adple.org");
  EXPECT_TRUE(selection.is_known_contact);
  EXPECT_EQ(selection.chosen, nullptr);
  EXPECT_THAT(selection.reason, HasSubstr("malformed"));
  EXPECT_FALSE(select({}, "postmaster").is_known_contact);
}

TEST_F(SelectionTest, NeverUsesAnotherSpellingButKnowsTheContact) {
  const Made bob = make_for("Bob@example.org", "keyAgreement");
  const Selection selection = select({{bob.certificate, "bob", ""}}, "bob@example.org");
  EXPECT_EQ(selection.chosen, nullptr);
  EXPECT_TRUE(selection.is_known_contact);
  EXPECT_EQ(selection.candidates.at(0).outcome, Outcome::AddressMismatch);
  EXPECT_THAT(selection.reason, HasSubstr("Bob@example.org, spelled differently"));
}

TEST_F(SelectionTest, KnowsAQuotedAddressForTheSame) {
  const Made bob = make_for("bob@example.org", "keyAgreement");
  EXPECT_EQ(select({{bob.certificate, "bob", ""}}, "\"bob\"@example.org").chosen,
            bob.certificate.get());
}

TEST_F(SelectionTest, ChecksKeyUsageByKindOfKey) {
  const auto with = [&](const testing::TestKey& key, const std::string& usage) {
    return outcome_of(
        make(Recipe{.extensions = mail_extensions("bob@example.org", usage)}, key, &root_));
  };
  const testing::TestKey rsa = make_rsa(2048);
  EXPECT_EQ(with(rsa, "keyEncipherment"), Outcome::Chosen);
  EXPECT_EQ(with(rsa, "digitalSignature,keyEncipherment"), Outcome::Chosen);
  EXPECT_EQ(with(rsa, "digitalSignature"), Outcome::WrongKeyUsage);
  EXPECT_EQ(with(rsa, "keyAgreement"), Outcome::WrongKeyUsage);
  EXPECT_EQ(with(make_ec("P-384"), "keyAgreement"), Outcome::Chosen);
  EXPECT_EQ(with(make_ec("P-384"), "keyEncipherment"), Outcome::WrongKeyUsage);
  EXPECT_EQ(with(make_ec("P-384"), "keyAgreement,decipherOnly"), Outcome::WrongKeyUsage);
  EXPECT_EQ(with(make_key("X25519"), "keyAgreement"), Outcome::Chosen);
  EXPECT_EQ(with(make_key("ED25519"), "keyAgreement"), Outcome::WrongKeyUsage);
  EXPECT_EQ(with(make_pss(), "keyEncipherment"), Outcome::WrongKeyUsage);
  EXPECT_EQ(outcome_of(make(Recipe(), rsa, &root_)), Outcome::Chosen);  // No keyUsage at all.
}

TEST_F(SelectionTest, ChecksExtendedKeyUsage) {
  const auto with = [&](const std::string& usage) {
    return outcome_of(
        make(Recipe{.extensions = {{"extendedKeyUsage", usage}}}, make_ec("P-256"), &root_));
  };
  EXPECT_EQ(with("emailProtection"), Outcome::Chosen);
  EXPECT_EQ(with("serverAuth,anyExtendedKeyUsage"), Outcome::Chosen);
  EXPECT_EQ(with("serverAuth,clientAuth"), Outcome::WrongExtendedKeyUsage);
}

TEST_F(SelectionTest, NamesEveryOtherFault) {
  EXPECT_EQ(outcome_of(make(Recipe(), make_rsa(1024), &root_)), Outcome::WeakKey);
  EXPECT_EQ(outcome_of(make(Recipe(), make_ec("secp256k1"), &root_)), Outcome::WeakKey);
  EXPECT_EQ(outcome_of(make(Recipe(), make_ec("P-256"), nullptr)), Outcome::NoTrustPath);
}

TEST_F(SelectionTest, NeverChoosesARevokedCertificate) {
  const Made bob = make_for("bob@example.org", "keyAgreement", Recipe{.serial = 7});
  const Made old = make_for("bob@example.org", "keyAgreement",
                            Recipe{.not_before = test_time() - hours(24 * 700), .serial = 8});
  const auto list =
      RevocationList::parse(make_revocation_list(root_, {{.serial = 7}}, test_time() + hours(1)))
          .value();
  const TrustStore store(
      {.anchors = {root_.certificate}, .intermediates = {}, .revocation_lists = {list}});
  Directory directory;
  directory.add({bob.certificate, "bob", ""}).value();
  const SelectionScope scope{store, cache_, compromised_, shared_, test_time()};
  const Selection alone = select_recipient(scope, directory, "bob@example.org", any_);
  EXPECT_EQ(alone.chosen, nullptr);
  EXPECT_EQ(alone.candidates.at(0).outcome, Outcome::Revoked);
  EXPECT_THAT(alone.reason, HasSubstr("revoked"));
  directory.add({old.certificate, "old", ""}).value();
  EXPECT_EQ(select_recipient(scope, directory, "bob@example.org", any_).chosen,
            old.certificate.get());
}

TEST_F(SelectionTest, RefusesKeysThatOthersHave) {
  const Made bob = make_for("bob@example.org", "keyAgreement");
  const Made eve = make(Recipe{.extensions = mail_extensions("eve@example.org", "keyAgreement")},
                        bob.key, &root_);
  Directory directory;
  directory.add({bob.certificate, "bob", ""}).value();
  const auto best = [&](const CompromisedKeys& compromised) {
    const SharedKeys shared(directory);
    const SelectionScope scope{store_, cache_, compromised, shared, test_time()};
    const Selection selection = select_recipient(scope, directory, "bob@example.org", any_);
    EXPECT_EQ(selection.chosen != nullptr, selection.candidates[0].outcome == Outcome::Chosen);
    return selection.candidates[0];
  };
  EXPECT_EQ(best(CompromisedKeys()).outcome, Outcome::Chosen);
  const Candidate listed = best(CompromisedKeys({bob.certificate->key_id()}));
  EXPECT_EQ(listed.outcome, Outcome::WeakKey);
  EXPECT_THAT(listed.reason, HasSubstr("on the list of compromised keys"));
  const Candidate above = best(CompromisedKeys({root_.certificate->key_id()}));
  EXPECT_EQ(above.outcome, Outcome::NoTrustPath);
  EXPECT_THAT(above.reason, HasSubstr("CN=Root above it"));
  directory.add({eve.certificate, "eve", ""}).value();
  const Candidate twice = best(CompromisedKeys());
  EXPECT_EQ(twice.outcome, Outcome::KeyShared);
  EXPECT_THAT(twice.reason, HasSubstr("also that of eve@example.org"));
}

TEST_F(SelectionTest, GivesWhatTheContactHasSaidOfHisSoftware) {
  const Made bob = make_for("bob@example.org", "keyAgreement");
  const Bytes capabilities = {0x30, 0x00};
  Directory directory;
  directory
      .add({.certificate = bob.certificate,
            .origin = "bob",
            .address = "bob@example.org",
            .capabilities = capabilities,
            .is_learned = true})
      .value();
  const Selection selection = select_recipient(scope_, directory, "bob@example.org", any_);
  EXPECT_EQ(selection.chosen, bob.certificate.get());
  EXPECT_TRUE(equal_bytes(selection.candidates[0].capabilities, capabilities));
}

TEST_F(SelectionTest, KeepsToTheProfilesKeys) {
  const Made elliptic = make_for("bob@example.org", "keyAgreement");
  const Made rsa = make(Recipe{.extensions = mail_extensions("bob@example.org", "keyEncipherment"),
                               .not_before = test_time() - hours(1)},
                        make_rsa(2048), &root_);
  Directory directory;
  directory.add({elliptic.certificate, "elliptic", ""}).value();
  directory.add({rsa.certificate, "rsa", ""}).value();
  const KeyConstraints kim{.allows_rsa = false, .allows_elliptic = true, .profile = "kim"};
  const Selection selection = select_recipient(scope_, directory, "bob@example.org", kim);
  EXPECT_EQ(selection.chosen, elliptic.certificate.get());
  EXPECT_EQ(selection.candidates[1].outcome, Outcome::AlgorithmNotAllowed);
  EXPECT_THAT(selection.candidates[1].reason, HasSubstr("profile kim does not take RSA keys"));
}

TEST_F(SelectionTest, PartsCertificatesForSigningFromThoseForEncryption) {
  const Made sign = make_for("bob@example.org", "digitalSignature");
  const Made encrypt = make_for("bob@example.org", "keyAgreement");
  const std::vector<Contact> contacts = {{sign.certificate, "sign", ""},
                                         {encrypt.certificate, "encrypt", ""}};
  EXPECT_EQ(select(contacts, "bob@example.org").chosen, encrypt.certificate.get());
  const std::vector<Identity> identities = {{encrypt.certificate, {}, "encrypt", ""},
                                            {sign.certificate, {}, "sign", ""}};
  const SignerSelection signer = select_signer(scope_, identities, "bob@example.org", any_);
  EXPECT_EQ(signer.identity, &identities[1]);
  EXPECT_EQ(signer.selection.chosen, sign.certificate.get());
  EXPECT_EQ(signer.selection.candidates[1].outcome, Outcome::WrongKeyUsage);
}

TEST_F(SelectionTest, SignsByAddressThenByDomain) {
  const Made bob = make_for("bob@example.org", "digitalSignature");
  const Made bound = make_for("gateway@example.net", "nonRepudiation");
  const Made authority = make_for("domain-signing-authority@example.com", "digitalSignature");
  const std::vector<Identity> identities = {{bound.certificate, {}, "bound", "@example.org"},
                                            {authority.certificate, {}, "authority", ""},
                                            {bob.certificate, {}, "bob", ""}};
  const auto signer_of = [&](std::string_view address) {
    return select_signer(scope_, identities, address, any_).identity;
  };
  EXPECT_EQ(signer_of("bob@example.org"), &identities[2]);
  EXPECT_EQ(signer_of("carol@example.org"), &identities[0]);
  EXPECT_EQ(signer_of("anyone@example.com"), &identities[1]);
  EXPECT_EQ(signer_of("carol@example.edu"), nullptr);
  EXPECT_EQ(signer_of("Bob@example.org"), &identities[0]);
  EXPECT_EQ(signer_of("bob@example.org \0"), nullptr);
  EXPECT_EQ(signer_of(""), nullptr);
}

TEST_F(SelectionTest, SignsWithTheIntermediatesOfTheIdentity) {
  const Made sub =
      make(Recipe{.subject = "Sub", .extensions = {{"basicConstraints", "critical,CA:TRUE"}}},
           make_ec("P-256"), &root_);
  const Made bob =
      make(Recipe{.extensions = mail_extensions("bob@example.org", "digitalSignature")},
           make_ec("P-256"), &sub);
  const std::vector<Identity> without = {{bob.certificate, {}, "bob", ""}};
  EXPECT_EQ(select_signer(scope_, without, "bob@example.org", any_).identity, nullptr);
  const std::vector<Identity> with = {{bob.certificate, {sub.certificate}, "bob", ""}};
  EXPECT_EQ(select_signer(scope_, with, "bob@example.org", any_).identity, &with[0]);
}

TEST(Directory, RefusesWhatItCannotFile) {
  const Made nobody = make(Recipe(), make_ec("P-256"), nullptr);
  Directory directory;
  EXPECT_TRUE(directory.add({nobody.certificate, "x", ""}).error().is(kCertificateWithoutAddress));
  EXPECT_TRUE(directory.add({nobody.certificate, "x", "bob"}).error().is(kAddressMalformed));
  EXPECT_TRUE(
      directory.add({nobody.certificate, "x", "@bad domain"}).error().is(kAddressMalformed));
  EXPECT_EQ(directory.size(), 0U);
  directory.add({nobody.certificate, "x", "bob@example.org"}).value();
  EXPECT_EQ(directory.size(), 1U);
  EXPECT_TRUE(directory.is_known("bob@EXAMPLE.ORG"));
  EXPECT_FALSE(directory.is_known("not an address"));
}

}  // namespace
}  // namespace sealgate::engine::trust
