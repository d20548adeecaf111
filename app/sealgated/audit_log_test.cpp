// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/audit_log.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sealgate::app {
namespace {

engine::AuditRecord record(std::uint64_t id) {
  engine::AuditRecord made;
  made.id.value = id;
  made.disposition = engine::Disposition::Delivered;
  made.sender = "alice@example.org";
  made.recipients.push_back({});
  made.recipients[0].address = "bob@partner.example";
  made.recipients[0].reasons = {"because"};
  made.recipients[0].reply = {250, "2.0.0", "taken"};
  return made;
}

std::vector<engine::AuditRecord> records(std::uint64_t first, std::uint64_t count) {
  std::vector<engine::AuditRecord> made;
  for (std::uint64_t i = 0; i < count; ++i) {
    made.push_back(record(first + i));
  }
  return made;
}

class AuditLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sealgate_audit_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = (folder_ / "audit.jsonl").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<std::uint64_t> ids(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::uint64_t> found;
    for (std::string line; std::getline(in, line);) {
      found.push_back(nlohmann::json::parse(line)["id"].get<std::uint64_t>());
    }
    return found;
  }

  std::filesystem::path folder_;
  std::string file_;
};

TEST_F(AuditLogTest, WritesEachRecordOfEachShardOnce) {
  AuditLog log(file_, 2);
  ASSERT_EQ(log.open(), 0);
  log.start();
  std::thread other([&] { log.queue(1).push(records(1000, 500)); });
  log.queue(0).push(records(0, 500));
  other.join();
  EXPECT_EQ(log.stop(), 0U);
  std::vector<std::uint64_t> found = ids(file_);
  std::sort(found.begin(), found.end());
  ASSERT_EQ(found.size(), 1000U);
  EXPECT_EQ(found.front(), 0U);
  EXPECT_EQ(found.back(), 1499U);
  EXPECT_EQ(log.written(), 1000U);
}

TEST_F(AuditLogTest, HoldsTheShardBackInsteadOfLosingRecords) {
  AuditLog log(file_, 1);
  ASSERT_EQ(log.open(), 0);
  AuditQueue& queue = log.queue(0);
  queue.push(records(0, AuditQueue::kRecordsMax));
  EXPECT_FALSE(queue.is_behind());
  queue.push(records(AuditQueue::kRecordsMax, 1));
  EXPECT_TRUE(queue.is_behind());
  log.start();
  while (queue.is_behind()) {
    std::this_thread::yield();
  }
  EXPECT_EQ(log.stop(), 0U);
  EXPECT_EQ(ids(file_).size(), AuditQueue::kRecordsMax + 1U);
}

TEST_F(AuditLogTest, FollowsARotatedFile) {
  AuditLog log(file_, 1);
  ASSERT_EQ(log.open(), 0);
  log.start();
  log.queue(0).push(records(1, 1));
  while (log.written() < 1) {
    std::this_thread::yield();
  }
  std::filesystem::rename(file_, file_ + ".1");
  log.reopen();
  while (!std::filesystem::exists(file_)) {
    std::this_thread::yield();
  }
  log.queue(0).push(records(2, 1));
  log.stop();
  EXPECT_EQ(ids(file_ + ".1"), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(ids(file_), (std::vector<std::uint64_t>{2}));
}

TEST_F(AuditLogTest, SaysWhyItCannotBeOpened) {
  AuditLog log((folder_ / "none" / "x").string(), 1);
  EXPECT_EQ(log.open(), ENOENT);
  std::filesystem::create_symlink(folder_ / "target", folder_ / "link");
  EXPECT_EQ(AuditLog((folder_ / "link").string(), 1).open(), ELOOP);
}

// /dev/full refuses every write, as a full disk does.
TEST_F(AuditLogTest, CountsWhatTheDiskDidNotTake) {
  AuditLog log("/dev/full", 1);
  ASSERT_EQ(log.open(), 0);
  log.start();
  log.queue(0).push(records(0, 3));
  EXPECT_EQ(log.stop(), 3U);
  EXPECT_GE(log.failures(), 1U);
  EXPECT_EQ(log.written(), 0U);
}

TEST_F(AuditLogTest, CountsAllThatTheDiskDidNotTake) {
  AuditLog log("/dev/full", 1);
  ASSERT_EQ(log.open(), 0);
  log.start();
  log.queue(0).push(records(0, AuditQueue::kRecordsMax * 2 + 5));
  EXPECT_EQ(log.stop(), AuditQueue::kRecordsMax * 2 + 5U);
}

TEST_F(AuditLogTest, WritesAtTheEndWhatTheShardStillHeld) {
  AuditLog log(file_, 1);
  ASSERT_EQ(log.open(), 0);
  log.queue(0).push(records(0, AuditQueue::kRecordsMax + 5));
  log.start();
  EXPECT_EQ(log.stop(), 0U);
  EXPECT_EQ(ids(file_).size(), AuditQueue::kRecordsMax + 5U);
}

TEST(AuditLine, IsOneLineThatSaysWhatWasDecided) {
  engine::AuditRecord made = record(7);
  made.sender = "a\n\xff";
  const std::string line = audit_line(made);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["disposition"], "delivered");
  EXPECT_EQ(json["recipients"][0]["address"], "bob@partner.example");
  EXPECT_EQ(json["recipients"][0]["reasons"][0], "because");
  EXPECT_EQ(json["recipients"][0]["code"], 250);
  EXPECT_EQ(json["at"], "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace sealgate::app
