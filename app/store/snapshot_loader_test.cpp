// SPDX-License-Identifier: Apache-2.0
#include "app/store/snapshot_loader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/store/pem.h"
#include "app/store/test_certificate_test.h"
#include "engine/message/snapshot.h"
#include "engine/policy/default_policy.h"

namespace sealgate::app {
namespace {

using ::testing::HasSubstr;

class SnapshotLoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sealgate_state_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.state_directory = name;
    config_.policy_file = name + "/policy.toml";
    write("policy.toml", std::string(engine::policy::default_policy_text()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string problems(const LoadedSnapshot& loaded) {
    std::string all;
    for (const Problem& problem : loaded.problems) {
      all += problem.text() + "\n";
    }
    return all;
  }

  std::filesystem::path folder_;
  NodeConfig config_;
};

TEST_F(SnapshotLoaderTest, TakesAnEmptyStateDirectory) {
  const LoadedSnapshot loaded = load_snapshot(config_, 7);
  ASSERT_NE(loaded.snapshot, nullptr) << problems(loaded);
  EXPECT_EQ(loaded.snapshot->generation(), 7U);
}

TEST_F(SnapshotLoaderTest, FilesEachCertificateUnderItsRole) {
  const TestCertificate authority = make_certificate("authority@example.org");
  const TestCertificate ours = make_certificate("gateway@example.org");
  const TestCertificate bob = make_certificate("bob@partner.example");
  write("anchors/root.crt", authority.pem);
  write("identities/own.pem", "Sealgate-Address: @example.org\n" + ours.pem + authority.pem);
  write("contacts/bob.der", std::string(as_text(bob.der)));
  write("contacts/.bob.pem.tmp", "unfinished");
  write("contacts/README", "no certificate");
  const LoadedSnapshot loaded = load_snapshot(config_, 1);
  ASSERT_NE(loaded.snapshot, nullptr) << problems(loaded);
  ASSERT_EQ(loaded.source.identities.size(), 1U);
  EXPECT_EQ(loaded.source.identities[0].certificate.origin, "identities/own.pem");
  EXPECT_EQ(loaded.source.identities[0].certificate.address, "@example.org");
  EXPECT_EQ(loaded.source.identities[0].intermediates.size(), 1U);
  ASSERT_EQ(loaded.source.contacts.size(), 1U);
  EXPECT_EQ(loaded.source.contacts[0].origin, "contacts/bob.der");
  EXPECT_EQ(loaded.source.contacts[0].der, bob.der);
  EXPECT_EQ(loaded.source.anchors.size(), 1U);
  EXPECT_EQ(loaded.snapshot->contacts().size(), 1U);
}

// A contact that silently fell out would get mail in clear.
TEST_F(SnapshotLoaderTest, IsRefusedAsAWholeForOneBadFile) {
  write("contacts/good.pem", make_certificate("bob@partner.example").pem);
  write("contacts/bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const LoadedSnapshot loaded = load_snapshot(config_, 1);
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_THAT(problems(loaded), HasSubstr("contacts/bad.pem"));
}

TEST_F(SnapshotLoaderTest, SaysWhatIsWrongWithAFile) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "holds no certificate"},
      {"hello", "holds no certificate"},
      {"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", "is damaged"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n", "is damaged"},
      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds a private key"},
      {"-----BEGIN ENCRYPTED PRIVATE KEY-----\n??\n-----END ENCRYPTED PRIVATE KEY-----\n",
       "holds a private key"},
  };
  for (const auto& [text, expected] : cases) {
    write("contacts/x.pem", text);
    const LoadedSnapshot loaded = load_snapshot(config_, 1);
    EXPECT_EQ(loaded.snapshot, nullptr) << text;
    EXPECT_THAT(problems(loaded), HasSubstr(expected)) << text;
  }
}

TEST_F(SnapshotLoaderTest, BoundsTheSizeAndNumberInAFile) {
  write("contacts/x.pem", std::string(kStoredFileBytesMax + 1, 'x'));
  EXPECT_THAT(problems(load_snapshot(config_, 1)), HasSubstr("is larger than"));
  const std::string pem = make_certificate("bob@partner.example").pem;
  std::string many;
  for (std::size_t i = 0; i <= kCertificatesMax; ++i) {
    many += pem;
  }
  write("contacts/x.pem", many);
  EXPECT_THAT(problems(load_snapshot(config_, 1)), HasSubstr("more than 64"));
}

TEST_F(SnapshotLoaderTest, IsRefusedForABadOrAbsentPolicy) {
  write("policy.toml", "rule = 3\n");
  EXPECT_EQ(load_snapshot(config_, 1).snapshot, nullptr);
  std::filesystem::remove(folder_ / "policy.toml");
  const LoadedSnapshot loaded = load_snapshot(config_, 1);
  EXPECT_EQ(loaded.snapshot, nullptr);
  EXPECT_THAT(problems(loaded), HasSubstr("policy.toml: cannot be read"));
}

TEST_F(SnapshotLoaderTest, IsRefusedForABadRevocationList) {
  write("crls/x.crl", "nothing");
  EXPECT_THAT(problems(load_snapshot(config_, 1)), HasSubstr("no certificate revocation list"));
}

TEST_F(SnapshotLoaderTest, OpensWithRetiredKeys) {
  const TestCertificate old = make_certificate("gateway@example.org");
  write("retired/2024.pem", old.pem);
  const LoadedSnapshot loaded = load_snapshot(config_, 1);
  ASSERT_NE(loaded.snapshot, nullptr) << problems(loaded);
  const auto& keys = loaded.snapshot->opening_keys().keys();
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].origin, "retired/2024.pem");
  EXPECT_TRUE(keys[0].is_retired);
  EXPECT_TRUE(loaded.snapshot->identities().empty());
  EXPECT_EQ(loaded.snapshot->contacts().size(), 0U);
}

TEST_F(SnapshotLoaderTest, ReadsCompromisedKeys) {
  write("compromised/debian.txt", "# weak\n" + std::string(64, 'a') + "\n");
  const LoadedSnapshot loaded = load_snapshot(config_, 1);
  ASSERT_NE(loaded.snapshot, nullptr) << problems(loaded);
  EXPECT_EQ(loaded.snapshot->compromised_keys().size(), 1U);
  write("compromised/debian.txt", "# weak\n" + std::string(63, 'a') + "\n");
  const LoadedSnapshot broken = load_snapshot(config_, 1);
  EXPECT_EQ(broken.snapshot, nullptr);
  EXPECT_THAT(problems(broken), HasSubstr("compromised/debian.txt:2: "));
}

TEST(Pem, IsReadBackAsWritten) {
  const TestCertificate bob = make_certificate("bob@partner.example");
  Problems problems;
  const std::vector<StoredCertificate> read =
      read_certificates(to_pem(bob.der, "CERTIFICATE"), "x", problems);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].der, bob.der);
  EXPECT_EQ(read[0].address, "");
}

}  // namespace
}  // namespace sealgate::app
