// SPDX-License-Identifier: Apache-2.0
//
// Certificates that others made: RFC 9216, NIST's PKITS and Botan's path-building cases.
// SEALGATE_CORPORA names the folder that holds them; without it these tests are skipped.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "engine/trust/certificate_maker_test.h"
#include "engine/trust/selection.h"

namespace sealgate::engine::trust {
namespace {

namespace files = std::filesystem;

using ::testing::ElementsAre;
using testing::test_time;

files::path corpora() {
  const char* folder = std::getenv("SEALGATE_CORPORA");
  return folder == nullptr ? files::path() : files::path(folder);
}

Bytes read(const files::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(stream), {});
}

// Of a file in DER or PEM; PEM may stand behind other text.
Bytes read_der(const files::path& path) {
  Bytes content = read(path);
  BIO* source = BIO_new_mem_buf(content.data(), static_cast<int>(content.size()));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* octets = nullptr;
  long size = 0;
  if (PEM_read_bio(source, &name, &header, &octets, &size) == 1) {
    content.assign(octets, octets + size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(octets);
  }
  BIO_free(source);
  return content;
}

CertificatePointer read_certificate(const files::path& path) {
  Result<CertificatePointer> certificate = Certificate::parse(read_der(path));
  EXPECT_TRUE(certificate) << path;
  return certificate ? certificate.value() : nullptr;
}

class Rfc9216 : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = corpora() / "rfc9216";
    if (corpora().empty() || !files::exists(folder_)) GTEST_SKIP() << "corpora/rfc9216 is absent";
  }
  CertificatePointer load(const std::string& name) const {
    return read_certificate(folder_ / name);
  }
  Selection select(const std::string& address, const std::vector<std::string>& names) {
    const TrustStore store({.anchors = {load("ca.rsa.crt"), load("ca.25519.crt")}});
    Directory directory;
    for (const std::string& name : names) directory.add({load(name), name, ""}).value();
    return select_recipient({store, cache_, CompromisedKeys(), SharedKeys(), test_time()},
                            directory, address, KeyConstraints());
  }

  files::path folder_;
  ChainCache cache_;
};

TEST_F(Rfc9216, PartsSigningFromEncryption) {
  const std::vector<std::string> names = {"alice.sign.crt",        "alice.encrypt.crt",
                                          "bob.sign.crt",          "bob.encrypt.crt",
                                          "carlos.sign.25519.crt", "carlos.encrypt.25519.crt",
                                          "dana.sign.25519.crt",   "dana.encrypt.25519.crt"};
  for (const std::string person : {"alice", "bob", "carlos", "dana"}) {
    const Selection selection = select(person + "@smime.example", names);
    ASSERT_EQ(selection.candidates.size(), 2U) << person;
    EXPECT_TRUE(selection.candidates[0].origin.starts_with(person + ".encrypt"));
    EXPECT_EQ(selection.candidates[0].outcome, Outcome::Chosen) << selection.reason;
    EXPECT_EQ(selection.candidates[1].outcome, Outcome::WrongKeyUsage);
  }
}

TEST_F(Rfc9216, ReadsKeysAndAddresses) {
  EXPECT_THAT(load("alice.sign.crt")->addresses(), ElementsAre("alice@smime.example"));
  EXPECT_EQ(load("alice.sign.crt")->key_kind(), KeyKind::Rsa);
  EXPECT_EQ(load("carlos.sign.25519.crt")->key_kind(), KeyKind::Ed25519);
  EXPECT_EQ(load("carlos.encrypt.25519.crt")->key_kind(), KeyKind::X25519);
}

TEST_F(Rfc9216, BuildsPathsOverCrossCertificates) {
  const TrustStore store(
      {.anchors = {load("ca.25519.crt")}, .intermediates = {load("ca.rsa.cross.crt")}});
  const CertificatePointer alice = load("alice.sign.crt");
  const ChainVerdict verdict = store.verify(*alice, {}, test_time());
  EXPECT_TRUE(verdict.is_trusted()) << verdict.reason;
  EXPECT_EQ(verdict.chain.size(), 2U);
}

// What `openssl verify` says of a chain, as the judge. The untrusted ones come in one file.
bool openssl_trusts(const files::path& anchor, const files::path& untrusted,
                    const files::path& certificate) {
  const std::string command =
      "openssl verify -partial_chain -auth_level 2 -attime " +
      std::to_string(test_time().time_since_epoch().count()) + " -CAfile '" + anchor.string() +
      "' -untrusted '" + untrusted.string() + "' '" + certificate.string() + "' >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

TEST(BotanPathBuilding, AgreesWithOpensslVerify) {
  const files::path folder = corpora() / "botan-x509/path_building";
  if (corpora().empty() || !files::exists(folder)) {
    GTEST_SKIP() << "corpora/botan-x509/path_building is absent";
  }
  TrustStoreSource source{.anchors = {read_certificate(folder / "root.pem")}};
  const files::path untrusted =
      files::path(::testing::TempDir()) / ("path_building_" + std::to_string(::getpid()) + ".pem");
  std::ofstream all(untrusted, std::ios::binary);
  std::vector<files::path> ends;
  for (const auto& entry : files::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("level")) {
      source.intermediates.push_back(read_certificate(entry.path()));
      all << std::ifstream(entry.path()).rdbuf();
    } else if (name.starts_with("end")) {
      ends.push_back(entry.path());
    }
  }
  all.close();
  const TrustStore store(std::move(source));
  EXPECT_EQ(ends.size(), 7U);
  for (const files::path& end : ends) {
    const CertificatePointer certificate = read_certificate(end);
    const ChainVerdict verdict = store.verify(*certificate, {}, test_time());
    EXPECT_EQ(verdict.is_trusted(), openssl_trusts(folder / "root.pem", untrusted, end))
        << end << verdict.reason;
  }
  files::remove(untrusted);
}

// Where we differ from PKITS, by intent. Certificates whose status no usable list tells are not
// refused (lists may be absent); keys below our strength are; a list's hold counts although a
// delta list has lifted it, since delta lists are not merged.
const std::set<std::string> kPkitsDifferences = {
    "InvalidBadCRLIssuerNameTest5EE",
    "InvalidBadCRLSignatureTest4EE",
    "InvalidIDPwithindirectCRLTest26EE",
    "InvalidMissingCRLTest1EE",
    "InvalidOldCRLnextUpdateTest11EE",
    "InvalidSeparateCertificateandCRLKeysTest21EE",
    "InvalidUnknownCRLExtensionTest10EE",
    "InvalidWrongCRLTest6EE",
    "InvalidcRLIssuerTest27EE",
    "InvalidcRLIssuerTest35EE",
    "InvaliddeltaCRLIndicatorNoBaseTest1EE",
    "InvaliddeltaCRLTest10EE",
    "InvaliddistributionPointTest3EE",
    "InvaliddistributionPointTest8EE",
    "InvaliddistributionPointTest9EE",
    "InvalidkeyUsageCriticalcRLSignFalseTest4EE",
    "InvalidkeyUsageNotCriticalcRLSignFalseTest5EE",
    "InvalidonlyContainsAttributeCertsTest14EE",
    "InvalidonlyContainsCACertsTest12EE",
    "InvalidonlyContainsUserCertsTest11EE",
    "InvalidonlySomeReasonsTest17EE",
    "Invalidpre2000CRLnextUpdateTest12EE",
    "ValidDSAParameterInheritanceTest5EE",
    "ValidDSASignaturesTest4EE",
    "ValiddeltaCRLTest5EE",
};

// Certificate policies (RFC 5280, 6.1.1 (c)) play no part in mail: those cases are left out.
bool is_about_policies(const std::string& name) {
  return name.find("olicy") != std::string::npos;
}

// NIST PKITS: the name of an end entity's certificate says what a verifier must find.
TEST(Pkits, IsJudgedAsItsNamesSay) {
  const files::path folder = corpora() / "pkits-2011";
  if (corpora().empty() || !files::exists(folder)) GTEST_SKIP() << "corpora/pkits-2011 is absent";
  TrustStoreSource source;
  std::map<std::string, CertificatePointer> ends;
  std::size_t count = 0;
  for (const auto& entry : files::directory_iterator(folder / "certs")) {
    const std::string name = entry.path().stem();
    const Result<CertificatePointer> parsed = Certificate::parse(read_der(entry.path()));
    ++count;
    if (!parsed) continue;
    if (name == "TrustAnchorRootCertificate") {
      source.anchors.push_back(parsed.value());
    } else if (name.ends_with("EE")) {
      ends[name] = parsed.value();
    } else {
      source.intermediates.push_back(parsed.value());
    }
  }
  EXPECT_EQ(count, 405U);
  for (const auto& entry : files::directory_iterator(folder / "crls")) {
    auto list = RevocationList::parse(read_der(entry.path()));
    if (list) source.revocation_lists.push_back(list.value());
  }
  const TrustStore store(std::move(source));
  for (const auto& [name, certificate] : ends) {
    const bool is_valid = name.starts_with("Valid");
    if (!is_valid && !name.starts_with("Invalid")) continue;
    if (is_about_policies(name)) continue;
    const ChainVerdict verdict = store.verify(*certificate, {}, test_time());
    const bool expected = is_valid != kPkitsDifferences.contains(name);
    EXPECT_EQ(verdict.is_trusted(), expected) << name << ": " << verdict.reason;
  }
}

}  // namespace
}  // namespace sealgate::engine::trust
