// SPDX-License-Identifier: Apache-2.0
//
// A Dispatcher over the scripted module, and what tests need to drive it.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "hsm/dispatch/dispatcher.h"
#include "hsm/dispatch/doorbell.h"
#include "tests/support/fake_pkcs11.h"

namespace sealgate::hsm {

// A file that only its owner can read, gone with the object.
class PinFile {
 public:
  explicit PinFile(const std::string& content) {
    const int descriptor = mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(write(descriptor, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    close(descriptor);
  }
  ~PinFile() { unlink(path_.c_str()); }
  PinFile(const PinFile&) = delete;
  PinFile& operator=(const PinFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "sealgate-pin-XXXXXX";
};

class FakeTokenTest : public testing::Test {
 protected:
  FakeTokenTest() { fake_pkcs11_reset(); }

  DispatcherSettings settings(std::uint32_t lanes) const {
    DispatcherSettings made;
    made.tokens.push_back({.module = SG_FAKE_PKCS11,
                           .uri = "pkcs11:token=fake",
                           .pin_file = pin_.path(),
                           .lanes = lanes});
    made.recovery_pause_min = std::chrono::milliseconds(1);
    made.recovery_pause_max = std::chrono::milliseconds(5);
    return made;
  }

  void start(const DispatcherSettings& chosen) {
    Result<std::unique_ptr<Dispatcher>> made = Dispatcher::create(chosen);
    ASSERT_TRUE(made) << made.error().kind().name;
    dispatcher_ = std::move(made).value();
    queue_ = dispatcher_->create_queue(-1);
    dispatcher_->start();
  }

  KeyId key_named(const std::string& label) const {
    for (const KeyReport& key : dispatcher_->keys()) {
      if (key.label == label) return key.id;
    }
    return {};
  }

  KeyOperation sign_operation(std::uint64_t tag, const KeyId& key) const {
    KeyOperation operation;
    operation.tag = {tag};
    operation.key = key;
    operation.mechanism = Mechanism::EcdsaSha256;
    operation.deadline = monotonic_now() + std::chrono::minutes(10);
    operation.input.assign(Bytes(32, static_cast<std::uint8_t>(tag)));
    return operation;
  }

  // Submits all and polls until each has completed; counts completions by tag.
  std::vector<KeyCompletion> run(const std::vector<KeyOperation>& operations) {
    std::vector<KeyCompletion> done;
    std::map<std::uint64_t, int> times;
    std::span<const KeyOperation> left = operations;
    const TimePoint give_up = monotonic_now() + std::chrono::seconds(60);
    while (done.size() < operations.size() && monotonic_now() < give_up) {
      left = left.subspan(queue_->submit(left));
      for (const KeyCompletion& each : queue_->poll()) {
        done.push_back(each);
        EXPECT_EQ(++times[each.tag.value], 1) << "completed twice: " << each.tag.value;
      }
      std::this_thread::yield();
    }
    EXPECT_EQ(done.size(), operations.size());
    return done;
  }

  KeyCompletion run_one(const KeyOperation& operation) {
    const std::vector<KeyCompletion> done = run({operation});
    return done.empty() ? KeyCompletion() : done.front();
  }

  TokenStatus status() const { return dispatcher_->status().front(); }

  bool wait_until_ready() const {
    const TimePoint give_up = monotonic_now() + std::chrono::seconds(30);
    while (status().state != TokenState::Ready && monotonic_now() < give_up) {
      std::this_thread::yield();
    }
    return status().state == TokenState::Ready;
  }

  PinFile pin_{"1234\n"};
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<KeyQueue> queue_;
};

}  // namespace sealgate::hsm
