// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/shared_keys.h"

#include <gtest/gtest.h>

#include "engine/trust/certificate_maker_test.h"

namespace sealgate::engine::trust {
namespace {

using testing::Made;
using testing::make;
using testing::make_ec;
using testing::Recipe;
using testing::TestKey;

class SharedKeysTest : public ::testing::Test {
 protected:
  Made with(const TestKey& key, const std::string& names, const std::string& subject = "X") {
    Recipe recipe{.subject = subject, .serial = ++serial_};
    if (!names.empty()) recipe.extensions = {{"subjectAltName", names}};
    return make(recipe, key, nullptr);
  }
  Made file(const TestKey& key, const std::string& names, const std::string& bound_to = "") {
    Made made = with(key, names);
    contacts_.add({made.certificate, "", bound_to}).value();
    return made;
  }
  std::optional<std::string> other(const Made& made) const {
    return SharedKeys(contacts_).other_holder(*made.certificate);
  }

  const TestKey key_ = make_ec("P-256");
  Directory contacts_;
  std::uint64_t serial_ = 0;
};

TEST_F(SharedKeysTest, NamesTheOtherHolder) {
  const Made bob = file(key_, "email:bob@example.org");
  EXPECT_EQ(other(bob), std::nullopt);
  const Made eve = file(key_, "email:eve@example.org");
  EXPECT_EQ(other(bob), "eve@example.org");
  EXPECT_EQ(other(eve), "bob@example.org");
  EXPECT_EQ(other(with(make_ec("P-256"), "email:bob@example.org")), std::nullopt);
}

TEST_F(SharedKeysTest, JudgesCertificatesThatAreNotFiled) {
  file(key_, "email:bob@example.org");
  EXPECT_EQ(other(with(key_, "email:bob@example.org")), std::nullopt);
  EXPECT_EQ(other(with(key_, "email:eve@example.org")), "bob@example.org");
}

TEST_F(SharedKeysTest, TakesRenewalsForOnePerson) {
  const Made first = file(key_, "email:bob@example.org");
  const Made second = file(key_, "email:bob@example.org,email:robert@example.com");
  const Made third = file(key_, "email:robert@example.com");
  for (const Made& made : {first, second, third}) EXPECT_EQ(other(made), std::nullopt);
}

TEST_F(SharedKeysTest, ConnectsPeopleWhateverTheOrder) {
  // "a" is filed before "m", which shows that "a" and "z" are one.
  const Made first = file(key_, "email:a@example.org,email:m@example.org");
  const Made last = file(key_, "email:z@example.org,email:n@example.org");
  EXPECT_NE(other(first), std::nullopt);
  file(key_, "email:m@example.org,email:n@example.org");
  EXPECT_EQ(other(first), std::nullopt);
  EXPECT_EQ(other(last), std::nullopt);
}

TEST_F(SharedKeysTest, TakesTheOperatorsWord) {
  const Made old = file(key_, "email:bob@old.example", "bob@example.org");
  const Made renewed = file(key_, "email:bob@example.org");
  EXPECT_EQ(other(old), std::nullopt);
  EXPECT_EQ(other(renewed), std::nullopt);
}

TEST_F(SharedKeysTest, TakesOneGatewaysCertificateForSeveralDomains) {
  const Made gateway = with(key_, "email:gate@a.example");
  contacts_.add({gateway.certificate, "", "@a.example"}).value();
  contacts_.add({gateway.certificate, "", "@b.example"}).value();
  EXPECT_EQ(other(gateway), std::nullopt);
}

TEST_F(SharedKeysTest, KnowsWhoHasNoAddressByHisSubject) {
  const Made one = with(key_, "", "One");
  contacts_.add({one.certificate, "", "one@example.org"}).value();
  EXPECT_EQ(other(one), std::nullopt);
  EXPECT_EQ(other(with(key_, "", "One")), std::nullopt);
  EXPECT_NE(other(with(key_, "", "Two")), std::nullopt);
}

TEST_F(SharedKeysTest, BoundsTheHoldersOfAKeyAndKeepsItShared) {
  std::vector<Made> holders;
  for (std::size_t i = 0; i < SharedKeys::kHoldersMax + 3; ++i) {
    holders.push_back(file(key_, "email:user" + std::to_string(i) + "@example.org"));
  }
  for (const Made& holder : holders) EXPECT_NE(other(holder), std::nullopt);
}

}  // namespace
}  // namespace sealgate::engine::trust
