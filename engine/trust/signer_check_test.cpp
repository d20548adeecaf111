// SPDX-License-Identifier: Apache-2.0
//
// Every outcome and the tricks with addresses; certificates are made by OpenSSL.
#include "engine/trust/signer_check.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/trust/address.h"
#include "engine/trust/certificate_maker_test.h"

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
using testing::make_revocation_list;
using testing::make_rsa;
using testing::Recipe;
using testing::test_time;

// A SAN of raw GeneralNames, each a context tag with its octets.
Bytes alternative_names(const std::vector<std::string>& rfc822_names) {
  Bytes names;
  for (const std::string& name : rfc822_names) {
    names.push_back(0x81);
    names.push_back(static_cast<std::uint8_t>(name.size()));
    names.insert(names.end(), name.begin(), name.end());
  }
  Bytes der = {0x30, static_cast<std::uint8_t>(names.size())};
  der.insert(der.end(), names.begin(), names.end());
  return der;
}

class SignerCheckTest : public ::testing::Test {
 protected:
  const Made root_ = make_authority("Root");
  const TrustStore store_{
      {.anchors = {root_.certificate}, .intermediates = {}, .revocation_lists = {}}};
  ChainCache cache_;
  Directory contacts_;
  std::vector<CertificatePointer> extra_;
  CompromisedKeys compromised_;

  SignerVerdict check(const Made& signer, std::string_view from, const TrustStore& store) {
    const SharedKeys shared(contacts_);
    const SelectionScope scope{store, cache_, compromised_, shared, test_time()};
    return check_signer(scope, *signer.certificate, extra_, contacts_, from);
  }
  SignerOutcome outcome(const Made& signer, std::string_view from) {
    const SignerVerdict verdict = check(signer, from, store_);
    EXPECT_NE(verdict.reason, "");
    return verdict.outcome;
  }
  Made make_for(const std::string& address, const std::string& usage = "digitalSignature") const {
    return make(Recipe{.extensions = mail_extensions(address, usage)}, make_ec("P-256"), &root_);
  }
  // With exactly these SAN addresses, whatever octets they have.
  Made make_raw(const std::vector<std::string>& names) const {
    return make(Recipe{.raw_extensions = {{"2.5.29.17", alternative_names(names)}}},
                make_ec("P-256"), &root_);
  }
};

TEST_F(SignerCheckTest, TakesTheVeryAddress) {
  const SignerVerdict verdict =
      check(make_for("Bob@Example.ORG"), normal_address("Bob@eXample.org").value(), store_);
  EXPECT_EQ(verdict.outcome, SignerOutcome::Valid);
  EXPECT_TRUE(verdict.is_valid());
  ASSERT_EQ(verdict.chain.size(), 1U);
  EXPECT_EQ(verdict.chain[0], root_.certificate);
  EXPECT_EQ(outcome(make_for("bob@example.org", "nonRepudiation"), "bob@example.org"),
            SignerOutcome::Valid);
}

TEST_F(SignerCheckTest, TakesAnyOfSeveralAddresses) {
  const Made bob = make_raw({"robert@example.com", "bob@example.org", "b@example.net"});
  EXPECT_EQ(outcome(bob, "bob@example.org"), SignerOutcome::Valid);
  EXPECT_EQ(outcome(bob, "b@example.net"), SignerOutcome::Valid);
  EXPECT_EQ(outcome(bob, "bob@example.net"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, IsNotTricked) {
  using namespace std::string_literals;
  const std::string from = "bob@example.org";
  EXPECT_EQ(outcome(make_for("eve@example.org"), from), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(make_for("BOB@example.org"), from), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(make_for("bob@sub.example.org"), from), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(make_for("bob@examp1e.org"), from), SignerOutcome::WrongSender);
  for (const std::string& name :
       {"bob@example.org\0.evil.example"s, "bob@example.org "s, " bob@example.org"s,
        "bob@example.org\t"s, "bob@example.org\r\n"s, "\"bob\"@example.org"s, "bob@example.org."s,
        "<bob@example.org>"s, "Bob <bob@example.org>"s, "bob@ex\xd0\xb0mple.org"s,
        "bob@example.org\xe2\x80\x8b"s, "bob@example.org,eve@evil.example"s, "bob"s, "@"s, ""s}) {
    EXPECT_EQ(outcome(make_raw({name}), from), SignerOutcome::MalformedAddress) << name;
    EXPECT_EQ(outcome(make_raw({name, "eve@evil.example"}), from), SignerOutcome::WrongSender);
  }
}

TEST_F(SignerCheckTest, TellsLookalikeDomainsApart) {
  // Cyrillic "а" in the domain of From: another domain than the certificate's.
  const std::string from = normal_address("bob@ex\u0430mple.org").value();
  EXPECT_EQ(outcome(make_for("bob@example.org"), from), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(make_for(from), "bob@example.org"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, TakesBothFormsOfAnInternationalDomainForOne) {
  const Made bob = make_for("bob@xn--bcher-kva.example");
  EXPECT_EQ(outcome(bob, normal_address("bob@B\u00dccher.example").value()), SignerOutcome::Valid);
  EXPECT_EQ(outcome(bob, "bob@xn--bcher-kva.example"), SignerOutcome::Valid);
}

TEST_F(SignerCheckTest, TakesAnInternationalMailbox) {
  const std::string address = "b\u00fccher@example.org";
  const auto size = static_cast<std::uint8_t>(address.size());
  const auto plus = [&](int more) { return static_cast<std::uint8_t>(size + more); };
  // id-on-SmtpUTF8Mailbox, 1.3.6.1.5.5.7.8.9.
  Bytes names = {0x30, plus(16), 0xa0, plus(14)};
  for (const int octet : {0x06, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9}) {
    names.push_back(static_cast<std::uint8_t>(octet));
  }
  names.insert(names.end(), {0xa0, plus(2), 0x0c, size});
  names.insert(names.end(), address.begin(), address.end());
  const Made made =
      make(Recipe{.raw_extensions = {{"2.5.29.17", names}}}, make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(made, normal_address(address).value()), SignerOutcome::Valid);
  EXPECT_EQ(outcome(made, normal_address("bu\u0308cher@example.org").value()),
            SignerOutcome::WrongSender)
      << "a local part is compared octet by octet (RFC 9598, 5)";
}

TEST_F(SignerCheckTest, ReadsTheSubjectOnlyWithoutAddressesInTheSan) {
  const Made old = make(Recipe{.subject_address = "bob@example.org"}, make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(old, "bob@example.org"), SignerOutcome::Valid);
  const Made both = make(Recipe{.subject_address = "bob@example.org",
                                .extensions = {{"subjectAltName", "email:eve@evil.example"}}},
                         make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(both, "bob@example.org"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, NamesWhatTheCertificateHolds) {
  const std::string reason = check(make_for("BOB@example.org"), "bob@example.org", store_).reason;
  EXPECT_THAT(reason, HasSubstr("BOB@example.org (another spelling)"));
  EXPECT_THAT(reason, HasSubstr("not of the From address bob@example.org"));
  const Made many = make_raw({"a@x.example", "b@x.example", "c@x.example", "d@x.example"});
  EXPECT_THAT(check(many, "bob@example.org", store_).reason, HasSubstr("c@x.example and 1 more"));
}

TEST_F(SignerCheckTest, TakesWhatTheOperatorHasBound) {
  const Made gateway = make_for("gateway@partner.example");
  EXPECT_EQ(outcome(gateway, "bob@partner.example"), SignerOutcome::WrongSender);
  contacts_.add({gateway.certificate, "gateway.pem", "@partner.example"}).value();
  EXPECT_EQ(outcome(gateway, "bob@partner.example"), SignerOutcome::ValidForDomain);
  EXPECT_EQ(outcome(gateway, "bob@sub.partner.example"), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(make_for("gateway@partner.example"), "bob@partner.example"),
            SignerOutcome::WrongSender)
      << "exactly that certificate, not one like it";
  contacts_.add({gateway.certificate, "gateway.pem", "carol@other.example"}).value();
  EXPECT_EQ(outcome(gateway, "carol@other.example"), SignerOutcome::ValidForDomain);
  EXPECT_EQ(outcome(gateway, "Carol@other.example"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, TakesNothingForBoundThatWasLearned) {
  const Made gateway = make_for("gateway@partner.example");
  contacts_
      .add({.certificate = gateway.certificate,
            .origin = "harvest.db",
            .address = "bob@partner.example",
            .is_learned = true})
      .value();
  EXPECT_EQ(outcome(gateway, "bob@partner.example"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, TakesTheDomainsSigningAuthority) {
  const Made authority = make_for("domain-signing-authority@partner.example");
  EXPECT_EQ(outcome(authority, "bob@partner.example"), SignerOutcome::ValidForDomain);
  EXPECT_EQ(outcome(authority, "bob@sub.partner.example"), SignerOutcome::WrongSender);
  EXPECT_EQ(outcome(authority, "bob@other.example"), SignerOutcome::WrongSender);
}

TEST_F(SignerCheckTest, WantsACertificateForSignatures) {
  EXPECT_EQ(outcome(make_for("bob@example.org", "keyAgreement"), "bob@example.org"),
            SignerOutcome::WrongUsage);
  const Made server = make(Recipe{.extensions = {{"extendedKeyUsage", "serverAuth"},
                                                 {"subjectAltName", "email:bob@example.org"}}},
                           make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(server, "bob@example.org"), SignerOutcome::WrongUsage);
  const Made agreeing = make(Recipe{.extensions = {{"subjectAltName", "email:bob@example.org"}}},
                             make_key("X25519"), &root_);
  EXPECT_EQ(outcome(agreeing, "bob@example.org"), SignerOutcome::WrongUsage);
}

TEST_F(SignerCheckTest, WantsATrustedPath) {
  const Recipe recipe{.extensions = mail_extensions("bob@example.org", "digitalSignature")};
  const Made self_signed = make(recipe, make_ec("P-256"), nullptr);
  EXPECT_EQ(outcome(self_signed, "bob@example.org"), SignerOutcome::Untrusted);
  extra_ = {self_signed.certificate};
  EXPECT_EQ(outcome(self_signed, "bob@example.org"), SignerOutcome::Untrusted);
  const Made sub =
      make(Recipe{.subject = "Sub", .extensions = {{"basicConstraints", "critical,CA:TRUE"}}},
           make_ec("P-256"), &root_);
  const Made bob = make(recipe, make_ec("P-256"), &sub);
  extra_.clear();
  EXPECT_EQ(outcome(bob, "bob@example.org"), SignerOutcome::Untrusted);
  extra_ = {sub.certificate};
  const SignerVerdict verdict = check(bob, "bob@example.org", store_);
  EXPECT_EQ(verdict.outcome, SignerOutcome::Valid);
  EXPECT_EQ(verdict.chain, (std::vector{sub.certificate, root_.certificate}));
  // By somebody who is no authority.
  const Made eve = make_for("eve@example.org");
  extra_ = {eve.certificate};
  EXPECT_EQ(outcome(make(recipe, make_ec("P-256"), &eve), "bob@example.org"),
            SignerOutcome::Untrusted);
}

TEST_F(SignerCheckTest, LooksAtDates) {
  const auto extensions = mail_extensions("bob@example.org", "digitalSignature");
  const Made early = make(Recipe{.extensions = extensions, .not_before = test_time() + hours(1)},
                          make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(early, "bob@example.org"), SignerOutcome::NotYetValid);
  const Made late = make(Recipe{.extensions = extensions, .not_after = test_time() - hours(1)},
                         make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(late, "bob@example.org"), SignerOutcome::Expired);
}

TEST_F(SignerCheckTest, LooksAtRevocationLists) {
  const Made bob = make_for("bob@example.org");
  const auto list =
      RevocationList::parse(make_revocation_list(root_, {{.serial = 1}}, test_time() + hours(1)))
          .value();
  const TrustStore store(
      {.anchors = {root_.certificate}, .intermediates = {}, .revocation_lists = {list}});
  const SignerVerdict verdict = check(bob, "bob@example.org", store);
  EXPECT_EQ(verdict.outcome, SignerOutcome::Revoked);
  EXPECT_THAT(verdict.reason, HasSubstr("keyCompromise"));
}

TEST_F(SignerCheckTest, RefusesWeakKeys) {
  const Recipe recipe{.extensions = mail_extensions("bob@example.org", "digitalSignature")};
  EXPECT_EQ(outcome(make(recipe, make_rsa(1024), &root_), "bob@example.org"),
            SignerOutcome::WeakKey);
  EXPECT_EQ(outcome(make(recipe, make_ec("secp256k1"), &root_), "bob@example.org"),
            SignerOutcome::WeakKey);
  const Made bob = make_for("bob@example.org");
  compromised_ = CompromisedKeys({bob.certificate->key_id()});
  EXPECT_EQ(outcome(bob, "bob@example.org"), SignerOutcome::WeakKey);
  EXPECT_EQ(outcome(make_for("bob@example.org"), "bob@example.org"), SignerOutcome::Valid);
  compromised_ = CompromisedKeys({root_.certificate->key_id()});
  const SignerVerdict verdict = check(make_for("bob@example.org"), "bob@example.org", store_);
  EXPECT_EQ(verdict.outcome, SignerOutcome::Untrusted);
  EXPECT_THAT(verdict.reason, HasSubstr("CN=Root above it: its key is on the list"));
}

TEST_F(SignerCheckTest, RefusesAKeyThatSomebodyElseHolds) {
  const Made bob = make_for("bob@example.org");
  const Made eve = make(Recipe{.extensions = mail_extensions("eve@evil.example", "keyAgreement")},
                        bob.key, &root_);
  contacts_.add({eve.certificate, "eve.pem", ""}).value();
  const SignerVerdict verdict = check(bob, "bob@example.org", store_);
  EXPECT_EQ(verdict.outcome, SignerOutcome::KeyShared);
  EXPECT_THAT(verdict.reason, HasSubstr("eve@evil.example, who could sign as bob@example.org"));
}

TEST_F(SignerCheckTest, WantsAnAddress) {
  const Made nobody = make(Recipe(), make_ec("P-256"), &root_);
  EXPECT_EQ(outcome(nobody, "bob@example.org"), SignerOutcome::NoAddress);
  contacts_.add({nobody.certificate, "nobody.pem", "bob@example.org"}).value();
  EXPECT_EQ(outcome(nobody, "bob@example.org"), SignerOutcome::ValidForDomain);
  EXPECT_EQ(outcome(make_for("bob@example.org"), ""), SignerOutcome::WrongSender);
}

TEST(SignerOutcomeNames, AreAllDifferent) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(SignerOutcome::WrongSender); ++i) {
    names.insert(name_of(static_cast<SignerOutcome>(i)));
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace sealgate::engine::trust
