// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/trust_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/trust/certificate_maker_test.h"
#include "engine/trust/chain_cache.h"
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

Made make_bob(const Made& issuer) {
  return make(
      Recipe{.extensions = mail_extensions("bob@example.org", "digitalSignature"), .serial = 7},
      make_ec("P-256"), &issuer);
}

Made make_sub_authority(const Made& root, std::uint64_t serial) {
  return make(Recipe{.subject = "Sub",
                     .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                                    {"keyUsage", "critical,keyCertSign,cRLSign"}},
                     .serial = serial},
              make_ec("P-256"), &root);
}

std::shared_ptr<const RevocationList> parse_list(const Bytes& der) {
  return RevocationList::parse(der).value();
}

TEST(TrustStore, TrustsAPathToAnAnchor) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const Made bob = make_bob(sub);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {sub.certificate}, .revocation_lists = {}});
  const ChainVerdict verdict = store.verify(*bob.certificate, {}, test_time());
  EXPECT_TRUE(verdict.is_trusted()) << verdict.reason;
  ASSERT_EQ(verdict.chain.size(), 2U);
  EXPECT_EQ(verdict.chain[0], sub.certificate);
  EXPECT_EQ(verdict.chain[1], root.certificate);
  EXPECT_EQ(verdict.valid_from, bob.certificate->not_before());
  EXPECT_EQ(verdict.valid_until, bob.certificate->not_after());
}

TEST(TrustStore, TakesIntermediatesFromTheCaller) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const Made bob = make_bob(sub);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  const ChainVerdict without = store.verify(*bob.certificate, {}, test_time());
  EXPECT_EQ(without.outcome, ChainOutcome::NoTrustPath);
  EXPECT_THAT(without.reason, HasSubstr("no certificate of CN=Sub is known"));
  const std::vector<CertificatePointer> extra = {sub.certificate};
  EXPECT_TRUE(store.verify(*bob.certificate, extra, test_time()).is_trusted());
}

TEST(TrustStore, AcceptsAnchorsThatAreNotSelfSigned) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const Made bob = make_bob(sub);
  const TrustStore below(
      {.anchors = {sub.certificate}, .intermediates = {}, .revocation_lists = {}});
  EXPECT_TRUE(below.verify(*bob.certificate, {}, test_time()).is_trusted());
  const TrustStore pinned(
      {.anchors = {bob.certificate}, .intermediates = {}, .revocation_lists = {}});
  const ChainVerdict verdict = pinned.verify(*bob.certificate, {}, test_time());
  EXPECT_TRUE(verdict.is_trusted()) << verdict.reason;
  EXPECT_TRUE(verdict.chain.empty());
}

TEST(TrustStore, DoesNotTrustStrangersAndForgeries) {
  const Made root = make_authority("Root");
  const Made impostor = make_authority("Root");
  const Made bob = make_bob(impostor);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  EXPECT_EQ(store.verify(*bob.certificate, {}, test_time()).outcome, ChainOutcome::NoTrustPath);
  const std::vector<CertificatePointer> extra = {impostor.certificate};
  EXPECT_EQ(store.verify(*bob.certificate, extra, test_time()).outcome, ChainOutcome::NoTrustPath);
  const Made alone = make(Recipe(), make_ec("P-256"), nullptr);
  EXPECT_THAT(store.verify(*alone.certificate, {}, test_time()).reason, HasSubstr("self-signed"));
}

TEST(TrustStore, DoesNotLetPersonsIssue) {
  const Made root = make_authority("Root");
  const Made bob = make_bob(root);
  const Made eve = make(Recipe{.subject = "Eve"}, make_ec("P-256"), &bob);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {bob.certificate}, .revocation_lists = {}});
  EXPECT_EQ(store.verify(*eve.certificate, {}, test_time()).outcome, ChainOutcome::NoTrustPath);
}

TEST(TrustStore, RespectsDatesOfEveryCertificate) {
  const Made root = make_authority("Root");
  const Made sub = make(Recipe{.subject = "Sub",
                               .extensions = {{"basicConstraints", "critical,CA:TRUE"}},
                               .not_after = test_time() + hours(1)},
                        make_ec("P-256"), &root);
  const Made bob = make_bob(sub);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {sub.certificate}, .revocation_lists = {}});
  EXPECT_EQ(store.verify(*bob.certificate, {}, bob.certificate->not_before() - hours(1)).outcome,
            ChainOutcome::NotYetValid);
  EXPECT_EQ(store.verify(*bob.certificate, {}, bob.certificate->not_after() + hours(1)).outcome,
            ChainOutcome::Expired);
  const ChainVerdict now = store.verify(*bob.certificate, {}, test_time());
  EXPECT_TRUE(now.is_trusted());
  EXPECT_EQ(now.valid_until, sub.certificate->not_after());
  const ChainVerdict later = store.verify(*bob.certificate, {}, test_time() + hours(2));
  EXPECT_EQ(later.outcome, ChainOutcome::NoTrustPath);
  EXPECT_THAT(later.reason, HasSubstr("expired (CN=Sub)"));
}

TEST(TrustStore, RefusesWeakKeysAndSignaturesAboveToo) {
  const std::vector<std::pair<std::string, std::string>> extensions = {
      {"basicConstraints", "critical,CA:TRUE"}};
  const Made root =
      make(Recipe{.subject = "Weak", .extensions = extensions}, make_rsa(1024), nullptr);
  const Made bob = make_bob(root);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  EXPECT_EQ(store.verify(*bob.certificate, {}, test_time()).outcome, ChainOutcome::NoTrustPath);
}

TEST(TrustStore, TakesEveryKindOfKeyThatIsStrong) {
  const Made root =
      make(Recipe{.subject = "Pss root", .extensions = {{"basicConstraints", "critical,CA:TRUE"}}},
           make_pss(), nullptr);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  for (const testing::TestKey& key :
       {make_rsa(2048), make_pss(), make_ec("P-256"), make_ec("P-384"), make_ec("P-521"),
        make_key("ED25519"), make_key("X25519")}) {
    const Made one = make(Recipe(), key, &root);
    const ChainVerdict verdict = store.verify(*one.certificate, {}, test_time());
    EXPECT_TRUE(verdict.is_trusted()) << verdict.reason;
  }
}

TEST(TrustStore, DoesNotJudgeTheCertificatesOwnUsage) {
  const Made root = make_authority("Root");
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  const Made agreement =
      make(Recipe{.extensions = mail_extensions("bob@example.org", "keyAgreement")},
           make_ec("P-256"), &root);
  EXPECT_TRUE(store.verify(*agreement.certificate, {}, test_time()).is_trusted());
}

TEST(TrustStore, RefusesWhatIsRevoked) {
  const Made root = make_authority("Root");
  const Made bob = make_bob(root);
  const auto list = parse_list(make_revocation_list(root, {{.serial = 7}}, test_time() + hours(9)));
  const auto other =
      parse_list(make_revocation_list(root, {{.serial = 8}}, test_time() + hours(9)));
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {other, list}});
  const ChainVerdict verdict = store.verify(*bob.certificate, {}, test_time());
  EXPECT_EQ(verdict.outcome, ChainOutcome::Revoked);
  EXPECT_THAT(verdict.reason,
              HasSubstr("it was revoked at 2025-12-31 23:00:00 UTC (keyCompromise)"));
  const TrustStore without(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {other}});
  const ChainVerdict good = without.verify(*bob.certificate, {}, test_time());
  EXPECT_TRUE(good.is_trusted());
  EXPECT_EQ(good.valid_until, test_time() + hours(9));
}

TEST(TrustStore, RefusesWhatStandsBelowARevokedAuthority) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const Made bob = make_bob(sub);
  const auto list = parse_list(make_revocation_list(root, {{.serial = 2}}, test_time() + hours(9)));
  const TrustStore store({.anchors = {root.certificate},
                          .intermediates = {sub.certificate},
                          .revocation_lists = {list}});
  const ChainVerdict verdict = store.verify(*bob.certificate, {}, test_time());
  EXPECT_EQ(verdict.outcome, ChainOutcome::Revoked);
  EXPECT_THAT(verdict.reason, HasSubstr("CN=Sub above it was revoked"));
}

TEST(TrustStore, OverlooksListsThatTheIssuerHasNotSigned) {
  const Made root = make_authority("Root");
  const Made impostor = make_authority("Root");
  const Made bob = make_bob(root);
  const auto forged =
      parse_list(make_revocation_list(impostor, {{.serial = 7}}, test_time() + hours(9)));
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {forged}});
  EXPECT_TRUE(store.verify(*bob.certificate, {}, test_time()).is_trusted());
  ASSERT_EQ(store.lists_without_signer().size(), 1U);
  EXPECT_EQ(store.lists_without_signer().front(), forged.get());
}

TEST(TrustStore, SaysThatAListIsOutOfDate) {
  const Made root = make_authority("Root");
  const Made bob = make_bob(root);
  const auto stale = parse_list(make_revocation_list(root, {}, test_time() - hours(1)));
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {stale}});
  const ChainVerdict verdict = store.verify(*bob.certificate, {}, test_time());
  EXPECT_TRUE(verdict.is_trusted());
  EXPECT_THAT(verdict.reason, HasSubstr("is out of date since 2025-12-31 23:00:00 UTC"));
}

TEST(RevocationList, RefusesWhatIsNone) {
  EXPECT_TRUE(RevocationList::parse({}).error().is(kRevocationListMalformed));
  const Made root = make_authority("Root");
  Bytes der = make_revocation_list(root, {{.serial = 1}}, test_time());
  EXPECT_TRUE(RevocationList::parse(ByteView(der).first(der.size() - 1))
                  .error()
                  .is(kRevocationListMalformed));
  der.push_back(0);
  EXPECT_TRUE(RevocationList::parse(der).error().is(kRevocationListMalformed));
  const Bytes too_large(kRevocationListBytesMax + 1);
  EXPECT_TRUE(RevocationList::parse(too_large).error().is(kRevocationListTooLarge));
}

TEST(TrustStore, HasAFingerprintOfItsContents) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const TrustStore one(
      {.anchors = {root.certificate}, .intermediates = {sub.certificate}, .revocation_lists = {}});
  const TrustStore same(
      {.anchors = {root.certificate}, .intermediates = {sub.certificate}, .revocation_lists = {}});
  const TrustStore other({.anchors = {root.certificate, sub.certificate},
                          .intermediates = {},
                          .revocation_lists = {}});
  EXPECT_EQ(one.fingerprint(), same.fingerprint());
  EXPECT_NE(one.fingerprint(), other.fingerprint());
}

TEST(ChainCache, RemembersWithinTheWindowAndPerStore) {
  const Made root = make_authority("Root");
  const Made bob = make_bob(root);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  const TrustStore empty({.anchors = {}, .intermediates = {}, .revocation_lists = {}});
  ChainCache cache;
  EXPECT_TRUE(cache.verify(store, *bob.certificate, {}, test_time()).is_trusted());
  EXPECT_TRUE(cache.verify(store, *bob.certificate, {}, test_time() + hours(1)).is_trusted());
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_FALSE(cache.verify(empty, *bob.certificate, {}, test_time()).is_trusted());
  const WallTime end = bob.certificate->not_after();
  EXPECT_TRUE(cache.verify(store, *bob.certificate, {}, end).is_trusted());
  EXPECT_EQ(cache.verify(store, *bob.certificate, {}, end + std::chrono::seconds(1)).outcome,
            ChainOutcome::Expired);
  EXPECT_EQ(cache.misses(), 3U);
  EXPECT_EQ(cache.size(), 2U);
  // Going back in time after the entry was replaced asks again.
  EXPECT_TRUE(cache.verify(store, *bob.certificate, {}, test_time()).is_trusted());
}

TEST(ChainCache, TellsExtraCertificatesApart) {
  const Made root = make_authority("Root");
  const Made sub = make_sub_authority(root, 2);
  const Made bob = make_bob(sub);
  const TrustStore store(
      {.anchors = {root.certificate}, .intermediates = {}, .revocation_lists = {}});
  ChainCache cache;
  EXPECT_FALSE(cache.verify(store, *bob.certificate, {}, test_time()).is_trusted());
  const std::vector<CertificatePointer> extra = {sub.certificate};
  EXPECT_TRUE(cache.verify(store, *bob.certificate, extra, test_time()).is_trusted());
}

}  // namespace
}  // namespace sealgate::engine::trust
