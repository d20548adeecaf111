// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/trust/certificate_maker_test.h"
#include "engine/trust/errors.h"
#include "engine/trust/weak_key.h"

namespace sealgate::engine::trust {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Made;
using testing::make;
using testing::make_ec;
using testing::make_key;
using testing::make_pss;
using testing::make_rsa;
using testing::Recipe;

// DER of a SAN with one rfc822Name of these octets.
Bytes name_with_address(std::string_view octets) {
  Bytes der = {0x30, static_cast<std::uint8_t>(octets.size() + 2), 0x81,
               static_cast<std::uint8_t>(octets.size())};
  der.insert(der.end(), octets.begin(), octets.end());
  return der;
}

Made with_addresses(const std::string& alternative_names, const std::string& subject_address) {
  Recipe recipe{.subject_address = subject_address};
  if (!alternative_names.empty()) recipe.extensions = {{"subjectAltName", alternative_names}};
  return make(recipe, make_ec("P-256"), nullptr);
}

TEST(Certificate, ReadsWhatSelectionNeeds) {
  const Made made =
      make(Recipe{.extensions = testing::mail_extensions("Bob@Example.org", "digitalSignature"),
                  .serial = 0x1234},
           make_rsa(2048), nullptr);
  ASSERT_NE(made.certificate, nullptr);
  const Certificate& certificate = *made.certificate;
  EXPECT_THAT(certificate.addresses(), ElementsAre("Bob@example.org"));
  EXPECT_EQ(certificate.key_kind(), KeyKind::Rsa);
  EXPECT_EQ(certificate.key_bits(), 2048U);
  EXPECT_EQ(weak_key(certificate, CompromisedKeys()), std::nullopt);
  EXPECT_FALSE(certificate.is_pss_key());
  EXPECT_TRUE(certificate.key_usage().is_present);
  EXPECT_TRUE(certificate.key_usage().digital_signature);
  EXPECT_FALSE(certificate.key_usage().key_encipherment);
  EXPECT_EQ(certificate.mail_usage(), MailUsage::Email);
  EXPECT_FALSE(certificate.is_authority());
  EXPECT_EQ(certificate.subject_text(), "CN=Bob");
  EXPECT_EQ(certificate.serial_text(), "1234");
  EXPECT_EQ(to_hex(certificate.serial_der()), "02021234");
  EXPECT_TRUE(equal_bytes(certificate.issuer_der(), certificate.subject_der()));
  EXPECT_EQ(certificate.subject_key_id()->size(), 20U);
  EXPECT_EQ(certificate.not_before(), Recipe().not_before);
  EXPECT_EQ(certificate.not_after(), Recipe().not_after);
  EXPECT_TRUE(certificate.is_valid_at(certificate.not_after()));
  EXPECT_FALSE(certificate.is_valid_at(certificate.not_after() + std::chrono::seconds(1)));
  EXPECT_TRUE(equal_bytes(certificate.der(), made.der));
}

TEST(Certificate, KnowsKeyKindsAndTheirStrength) {
  const auto kind_of = [](const testing::TestKey& key) {
    const Made made = make(Recipe(), key, nullptr);
    return std::make_pair(made.certificate->key_kind(),
                          !weak_key(*made.certificate, CompromisedKeys()));
  };
  EXPECT_EQ(kind_of(make_rsa(1024)), std::make_pair(KeyKind::Rsa, false));
  EXPECT_EQ(kind_of(make_rsa(2047)), std::make_pair(KeyKind::Rsa, false));
  EXPECT_EQ(kind_of(make_rsa(2048)), std::make_pair(KeyKind::Rsa, true));
  EXPECT_EQ(kind_of(make_ec("P-256")), std::make_pair(KeyKind::P256, true));
  EXPECT_EQ(kind_of(make_ec("P-384")), std::make_pair(KeyKind::P384, true));
  EXPECT_EQ(kind_of(make_ec("P-521")), std::make_pair(KeyKind::P521, true));
  EXPECT_EQ(kind_of(make_ec("secp256k1")), std::make_pair(KeyKind::Unsupported, false));
  EXPECT_EQ(kind_of(make_ec("brainpoolP256r1")), std::make_pair(KeyKind::Unsupported, false));
  EXPECT_EQ(kind_of(make_key("ED25519")), std::make_pair(KeyKind::Ed25519, true));
  EXPECT_EQ(kind_of(make_pss()), std::make_pair(KeyKind::Rsa, true));
  EXPECT_TRUE(make(Recipe(), make_pss(), nullptr).certificate->is_pss_key());
}

TEST(Certificate, TakesNoCurveInDisguise) {
  const testing::TestKey key = make_ec("P-256");
  EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit");
  const Made made = make(Recipe(), key, nullptr);
  ASSERT_NE(made.certificate, nullptr);
  EXPECT_EQ(made.certificate->key_kind(), KeyKind::Unsupported);
  EXPECT_EQ(made.certificate->public_key(), nullptr);
}

TEST(Certificate, TakesTheSubjectsAddressOnlyWithoutOneInTheAlternativeName) {
  EXPECT_THAT(with_addresses("", "bob@example.org").certificate->addresses(),
              ElementsAre("bob@example.org"));
  EXPECT_THAT(with_addresses("DNS:example.org", "bob@example.org").certificate->addresses(),
              ElementsAre("bob@example.org"));
  EXPECT_THAT(with_addresses("email:a@example.org,email:b@example.org,email:a@example.org",
                             "bob@example.org")
                  .certificate->addresses(),
              ElementsAre("a@example.org", "b@example.org"));
  // A malformed address in the alternative name does not bring the subject's back.
  const Made malformed = with_addresses("email:a b@example.org", "bob@example.org");
  EXPECT_THAT(malformed.certificate->addresses(), IsEmpty());
  EXPECT_EQ(malformed.certificate->malformed_addresses(), 1U);
}

TEST(Certificate, TakesNoAddressWithTricks) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view octets :
       {"bob@example.org\0.evil.example"sv, "bob@example.org "sv, " bob@example.org"sv,
        "bob@exa\nmple.org"sv, "b\xc3\xbc@example.org"sv, "bob@ex\xc3\xa4mple.org"sv, ""sv}) {
    const Made made = make(Recipe{.subject_address = "bob@example.org",
                                  .raw_extensions = {{"2.5.29.17", name_with_address(octets)}}},
                           make_ec("P-256"), nullptr);
    ASSERT_NE(made.certificate, nullptr);
    EXPECT_THAT(made.certificate->addresses(), IsEmpty()) << octets;
    EXPECT_EQ(made.certificate->malformed_addresses(), 1U);
  }
}

// DER of a SAN with one SmtpUTF8Mailbox (RFC 9598), as a string of type `tag`.
Made with_mailbox(std::uint8_t tag, std::string_view address) {
  const auto size = static_cast<std::uint8_t>(address.size());
  Bytes der = {0x30, static_cast<std::uint8_t>(size + 16),
               0xa0, static_cast<std::uint8_t>(size + 14),
               0x06, 0x08,
               0x2b, 0x06,
               0x01, 0x05,
               0x05, 0x07,
               0x08, 0x09,
               0xa0, static_cast<std::uint8_t>(size + 2),
               tag,  size};
  der.insert(der.end(), address.begin(), address.end());
  return make(Recipe{.subject_address = "bob@example.org", .raw_extensions = {{"2.5.29.17", der}}},
              make_ec("P-256"), nullptr);
}

TEST(Certificate, ReadsInternationalAddresses) {
  constexpr std::uint8_t kUtf8String = 0x0c;
  constexpr std::uint8_t kIa5String = 0x16;
  EXPECT_THAT(
      with_mailbox(kUtf8String, "\u8001\u5e2b@b\u00fccher.example").certificate->addresses(),
      ElementsAre("\u8001\u5e2b@xn--bcher-kva.example"));
  EXPECT_THAT(with_mailbox(kUtf8String, "bob@example.org").certificate->addresses(), IsEmpty());
  EXPECT_THAT(with_mailbox(kIa5String, "bob@example.org").certificate->addresses(), IsEmpty());
}

TEST(Certificate, RefusesWhatIsNoCertificate) {
  const Made made = make(Recipe(), make_ec("P-256"), nullptr);
  EXPECT_TRUE(Certificate::parse({}).error().is(kCertificateMalformed));
  EXPECT_TRUE(Certificate::parse(as_bytes("-----BEGIN")).error().is(kCertificateMalformed));
  Bytes longer = made.der;
  longer.push_back(0);
  EXPECT_TRUE(Certificate::parse(longer).error().is(kCertificateMalformed));
  const ByteView whole(made.der);
  for (std::size_t size = 0; size < made.der.size(); size += 7) {
    EXPECT_FALSE(Certificate::parse(whole.first(size)));
  }
}

TEST(Certificate, RefusesRepeatedAndMalformedExtensions) {
  const Bytes address = name_with_address("bob@example.org");
  const Made repeated =
      make(Recipe{.raw_extensions = {{"2.5.29.17", address}, {"2.5.29.17", address}}},
           make_ec("P-256"), nullptr);
  EXPECT_TRUE(Certificate::parse(repeated.der).error().is(kCertificateExtensionMalformed));
  const Made malformed =
      make(Recipe{.raw_extensions = {{"2.5.29.15", Bytes{0x03}}}}, make_ec("P-256"), nullptr);
  EXPECT_TRUE(Certificate::parse(malformed.der).error().is(kCertificateExtensionMalformed));
}

TEST(Certificate, HasALimit) {
  const auto sized = [](std::size_t octets) {
    return make(Recipe{.raw_extensions = {{"1.2.3.4", Bytes(octets, 0x05)}}}, make_ec("P-256"),
                nullptr)
        .der;
  };
  const Bytes fits = sized(kCertificateBytesMax - 400);
  ASSERT_LE(fits.size(), kCertificateBytesMax);
  EXPECT_TRUE(Certificate::parse(fits));
  const Bytes too_large = sized(kCertificateBytesMax);
  EXPECT_TRUE(Certificate::parse(too_large).error().is(kCertificateTooLarge));
}

TEST(Certificate, ShowsHostileNamesSafely) {
  const Made made = make(Recipe{.subject = "Bob\r\nX: 1\x1b[31m\u202e" + std::string(40, 'x')},
                         make_ec("P-256"), nullptr);
  const std::string& text = made.certificate->subject_text();
  EXPECT_EQ(text.find_first_of("\r\n\x1b"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_THAT(made.certificate->name(), HasSubstr("serial 01 of CN=Bob"));
}

}  // namespace
}  // namespace sealgate::engine::trust
