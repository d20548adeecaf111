// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/status.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include "hsm/api/errors.h"

namespace sealgate::app {
namespace {

using Json = nlohmann::json;

hsm::TokenStatus token(hsm::TokenState state) {
  hsm::TokenStatus status;
  status.uri = "pkcs11:token=Org";
  status.state = state;
  if (state != hsm::TokenState::Ready) {
    status.error = &hsm::kTokenNotFound;
  }
  return status;
}

TEST(Status, SaysWhetherTokensCanBeUsed) {
  StatusFacts facts;
  EXPECT_EQ(state_of(facts), "locked");
  facts.tokens = {token(hsm::TokenState::Ready)};
  EXPECT_EQ(state_of(facts), "operational");
  facts.tokens.push_back(token(hsm::TokenState::Recovering));
  EXPECT_EQ(state_of(facts), "degraded");
  facts.tokens = {token(hsm::TokenState::Refused)};
  EXPECT_EQ(state_of(facts), "locked");
}

TEST(Status, IsOneLineOfJsonWithEveryCounter) {
  StatusFacts facts;
  facts.version = "1.2.3";
  facts.generation = 5;
  facts.segments = 256;
  facts.listeners = {ListenerStatus{{"127.0.0.1", 25}, true, false}};
  facts.tokens = {token(hsm::TokenState::Recovering)};
  ShardNumbers shard;
  shard.pipeline.begun = 11;
  shard.mail.answers_positive = 12;
  shard.turn_longest_nanos = 3000;
  shard.bytes_copied = 14;
  facts.shards = {shard};
  const std::string text = status_json(facts);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const Json status = Json::parse(text, nullptr, false);
  ASSERT_FALSE(status.is_discarded());
  EXPECT_EQ(status["state"], "locked");
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["generation"], 5);
  EXPECT_EQ(status["listeners"][0]["port"], 25);
  EXPECT_EQ(status["tokens"][0]["error"], "hsm.token_not_found");
  EXPECT_EQ(status["shards"][0]["pipeline"]["begun"], 11);
  EXPECT_EQ(status["shards"][0]["mail"]["answers_positive"], 12);
  EXPECT_EQ(status["shards"][0]["turn_longest_us"], 3);
  EXPECT_EQ(status["shards"][0]["bytes_copied"], 14);
  EXPECT_EQ(status["shards"][0]["segments"], 256);
}

TEST(Status, SaysWhenItDrains) {
  StatusFacts facts;
  facts.is_draining = true;
  EXPECT_EQ(Json::parse(status_json(facts))["state"], "draining");
}

TEST(Status, ReplacesWhatIsNotUtf8) {
  StatusFacts facts;
  facts.hostname = "a\xff";
  EXPECT_FALSE(Json::parse(status_json(facts), nullptr, false).is_discarded());
}

TEST(ShardMetrics, AreReadAsTheyWerePublished) {
  ShardMetrics metrics;
  EXPECT_EQ(metrics.read().turns, 0U);
  ShardNumbers numbers;
  numbers.turns = 1;
  numbers.mail.messages_open = 2;
  numbers.pipeline.reports = 3;
  numbers.pipeline.withheld = 4;
  metrics.publish(numbers);
  EXPECT_EQ(metrics.read().turns, 1U);
  EXPECT_EQ(metrics.read().mail.messages_open, 2U);
  EXPECT_EQ(metrics.read().pipeline.reports, 3U);
  EXPECT_EQ(metrics.read().pipeline.withheld, 4U);
}

}  // namespace
}  // namespace sealgate::app
