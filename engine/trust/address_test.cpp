// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/address.h"

#include <gtest/gtest.h>

#include "engine/trust/errors.h"

namespace sealgate::engine::trust {
namespace {

std::string normal(std::string_view address) {
  const Result<std::string> result = normal_address(address);
  return result ? result.value() : "malformed";
}

std::string in_certificate(std::string_view address, NameForm form) {
  const Result<std::string> result = certificate_address(address, form);
  return result ? result.value() : "malformed";
}

TEST(NormalAddress, LowersTheDomainAndKeepsTheLocalPart) {
  EXPECT_EQ(normal("Bob.Smith@EXAMPLE.org"), "Bob.Smith@example.org");
}

TEST(NormalAddress, MakesALabelsOfInternationalDomains) {
  EXPECT_EQ(normal("bob@b\u00fccher.example"), "bob@xn--bcher-kva.example");
  EXPECT_EQ(normal("bob@B\u00dcCHER.example"), "bob@xn--bcher-kva.example");
  EXPECT_EQ(normal("bob@XN--BCHER-KVA.example"), "bob@xn--bcher-kva.example");
  EXPECT_EQ(normal("\u8001\u5e2b@example.com"), "\u8001\u5e2b@example.com");
}

TEST(NormalAddress, TakesOffQuotesThatAreNotNeeded) {
  EXPECT_EQ(normal("\"bob\"@example.org"), "bob@example.org");
  EXPECT_EQ(normal("\"b\\ob\"@example.org"), "bob@example.org");
  EXPECT_EQ(normal("\"b ob\"@example.org"), "malformed");
  EXPECT_EQ(normal("\"bob@example.org"), "malformed");
  EXPECT_EQ(normal("\"\"@example.org"), "malformed");
  EXPECT_EQ(normal("\"bob\\\"@example.org"), "malformed");
}

TEST(NormalAddress, TakesTheRootsDotForTheSameDomain) {
  EXPECT_EQ(normal("bob@example.org."), "bob@example.org");
  EXPECT_EQ(normal("bob@example.org.."), "malformed");
}

TEST(NormalAddress, TakesAddressLiterals) {
  EXPECT_EQ(normal("bob@[192.0.2.1]"), "bob@[192.0.2.1]");
  EXPECT_EQ(normal("bob@[IPv6:2001:DB8::1]"), "bob@[ipv6:2001:db8::1]");
  EXPECT_EQ(normal("bob@[]"), "malformed");
}

TEST(NormalAddress, RefusesWhiteSpaceControlsAndInvisibleCharacters) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view address :
       {"bob@example.org\0.evil.example"sv, "bob\0@example.org"sv, " bob@example.org"sv,
        "bob@example.org "sv, "bo b@example.org"sv, "bob@exam ple.org"sv, "bob\t@example.org"sv,
        "bob@example.org\n"sv, "bob\r\n@example.org"sv, "b\u00a0ob@example.org"sv,
        "b\u200bob@example.org"sv, "bob\u202e@example.org"sv, "bob@exa\u00admple.org"sv,
        "b\xffob@example.org"sv, "b\xc0\xaf@example.org"sv, "bob\x7f@example.org"sv}) {
    EXPECT_EQ(normal(address), "malformed") << address;
  }
}

TEST(NormalAddress, RefusesWhatIsNoAddress) {
  for (const std::string_view address :
       {"", "@", "bob", "@example.org", "bob@", "a@b@example.org", "bob@.org", "bob@example..org",
        "bob@-example.org", "bob@example-.org", "<bob@example.org>", "bob@exam/ple.org",
        "bob,eve@example.org", "bob(comment)@example.org", "bob@example.org>"}) {
    EXPECT_EQ(normal(address), "malformed") << address;
  }
}

TEST(NormalAddress, HasALimit) {
  const std::string domain = "@example.org";
  EXPECT_NE(normal(std::string(256 - domain.size(), 'a') + domain), "malformed");
  EXPECT_EQ(normal(std::string(257 - domain.size(), 'a') + domain), "malformed");
  EXPECT_NE(normal("a@" + std::string(63, 'b') + ".org"), "malformed");
  EXPECT_EQ(normal("a@" + std::string(64, 'b') + ".org"), "malformed");
}

TEST(CertificateAddress, GetsNoTolerance) {
  EXPECT_EQ(in_certificate("Bob@Example.ORG", NameForm::Rfc822Name), "Bob@example.org");
  EXPECT_EQ(in_certificate("\"bob\"@example.org", NameForm::Rfc822Name), "malformed");
  EXPECT_EQ(in_certificate("bob@example.org.", NameForm::Rfc822Name), "malformed");
  EXPECT_EQ(in_certificate("bob@[192.0.2.1]", NameForm::Rfc822Name), "malformed");
  EXPECT_EQ(in_certificate("bob@b\u00fccher.example", NameForm::Rfc822Name), "malformed");
  EXPECT_EQ(in_certificate("b\u00fcb@example.org", NameForm::Rfc822Name), "malformed");
}

TEST(CertificateAddress, TakesSmtpUtf8MailboxForInternationalLocalPartsOnly) {
  EXPECT_EQ(in_certificate("\u8001\u5e2b@example.com", NameForm::SmtpUtf8Mailbox),
            "\u8001\u5e2b@example.com");
  EXPECT_EQ(in_certificate("bob@example.com", NameForm::SmtpUtf8Mailbox), "malformed");
}

TEST(NormalDomain, TakesBothForms) {
  EXPECT_EQ(normal_domain("@Example.ORG").value(), "@example.org");
  EXPECT_EQ(normal_domain("example.org").value(), "@example.org");
  EXPECT_TRUE(normal_domain("@").error().is(kAddressMalformed));
  EXPECT_TRUE(normal_domain("@a@b").error().is(kAddressMalformed));
  EXPECT_EQ(domain_of("bob@example.org"), "@example.org");
  EXPECT_EQ(domain_of("bob"), "");
}

}  // namespace
}  // namespace sealgate::engine::trust
