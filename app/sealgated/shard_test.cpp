// SPDX-License-Identifier: Apache-2.0
//
// A shard on its own thread between a client and a next hop on the loopback interface. What
// becomes of messages is tested in engine/message; here it is threads, orders and the end.
#include "app/sealgated/shard.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <filesystem>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/sealgated/clock.h"
#include "engine/message/snapshot.h"

namespace sealgate::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class NoKeys final : public hsm::KeyQueue {
 public:
  std::size_t submit(std::span<const hsm::KeyOperation> /*operations*/) override { return 0; }
  std::span<const hsm::KeyCompletion> poll() override { return {}; }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One blocking SMTP dialogue, line by line.
class Dialogue {
 public:
  explicit Dialogue(int descriptor) : descriptor_(descriptor) {
    const timeval patience{10, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Dialogue() { close(descriptor_); }
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  void say(const std::string& text) { send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL); }
  // The next line without CRLF; "" when the other side is gone.
  std::string line() {
    while (read_.find("\r\n") == std::string::npos) {
      char piece[1024];
      const ssize_t count = recv(descriptor_, piece, sizeof piece, 0);
      if (count <= 0) {
        return "";
      }
      read_.append(piece, static_cast<std::size_t>(count));
    }
    const std::string line = read_.substr(0, read_.find("\r\n"));
    read_.erase(0, line.size() + 2);
    return line;
  }
  // The last line of a reply.
  std::string reply() {
    std::string last = line();
    while (last.size() > 3 && last[3] == '-') {
      last = line();
    }
    return last;
  }

 private:
  int descriptor_;
  std::string read_;
};

// A next hop that takes everything, one connection after the other.
class NextHopServer {
 public:
  NextHopServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~NextHopServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  void run() {
    for (int client = 0; (client = accept(listener_, nullptr, nullptr)) >= 0;) {
      Dialogue dialogue(client);
      dialogue.say("220 sink\r\n");
      for (std::string line; !(line = dialogue.line()).empty();) {
        if (line == "DATA") {
          dialogue.say("354 go\r\n");
          while (dialogue.line() != ".") {
          }
        }
        dialogue.say(line == "QUIT" ? "221 bye\r\n" : "250 2.0.0 taken\r\n");
      }
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::shared_ptr<const engine::Snapshot> snapshot(std::uint64_t generation) {
  engine::SnapshotSource source;
  source.generation = generation;
  source.policy_name = "policy.toml";
  source.policy_toml = "version = 1\n[[rule]]\nname = \"all\"\npass = true\n";
  std::vector<engine::SnapshotProblem> problems;
  return engine::compile_snapshot(source, problems);
}

class ShardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sealgate_shard_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    audit_ = std::make_unique<AuditLog>(name + "/audit.jsonl", 1);
    ASSERT_EQ(audit_->open(), 0);
    audit_->start();

    config_.hostname = "seal.example.org";
    config_.pipeline.hostname = config_.hostname;
    config_.segments = 512;
    config_.segments_reserve = 32;
    config_.pipeline.segments_reserve = 32;
    config_.next_hop_connections_max = 8;
    netio::ListenerSettings listener;
    listener.endpoint = {"127.0.0.1", 0};
    listener.relay_networks = {"127.0.0.0/8"};
    listener.message_bytes_max = 1U << 20U;
    listener.connections_max = 16;
    config_.listeners = {listener};
    RouteConfig route;
    route.route.domains = {"*"};
    route.route.name = "127.0.0.1:25";
    route.route.endpoints = {{"127.0.0.1", next_hop_.port()}};
    route.route.tls = netio::RouteTls::None;
    config_.routes = {route};

    Result<std::unique_ptr<Shard>> shard = Shard::create(config_, 0);
    ASSERT_TRUE(shard) << shard.error().kind().text;
    shard_ = std::move(shard).value();
    const Result<netio::Endpoint> bound =
        shard_->transport().listen(config_.listeners[0].endpoint, 16);
    ASSERT_TRUE(bound);
    port_ = bound.value().port;
  }
  void TearDown() override {
    shard_.reset();
    audit_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    snapshots_.push_back(snapshot(1));
    ASSERT_NE(snapshots_.back(), nullptr);
    shard_->start(std::make_unique<NoKeys>(), audit_->queue(0), snapshots_.back());
  }

  std::unique_ptr<Dialogue> connect_client() const {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port_);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return std::make_unique<Dialogue>(descriptor);
  }

  // The reply to a whole message.
  static std::string send_message(Dialogue& client) {
    client.reply();
    client.say("EHLO client.example\r\n");
    client.reply();
    client.say("MAIL FROM:<a@example.org>\r\n");
    client.reply();
    client.say("RCPT TO:<b@example.net>\r\n");
    client.reply();
    client.say("DATA\r\n");
    client.reply();
    client.say("From: a@example.org\r\n\r\nHello\r\n.\r\n");
    return client.reply();
  }

  template <typename Condition>
  static bool happens(Condition condition) {
    const TimePoint limit = monotonic_now() + std::chrono::seconds(10);
    while (!condition()) {
      if (monotonic_now() > limit) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  std::filesystem::path folder_;
  NextHopServer next_hop_;
  NodeConfig config_;
  std::unique_ptr<AuditLog> audit_;
  std::vector<std::shared_ptr<const engine::Snapshot>> snapshots_;
  std::unique_ptr<Shard> shard_;
  std::uint16_t port_ = 0;
};

TEST_F(ShardTest, CarriesAMessageAndWritesItDown) {
  start();
  EXPECT_THAT(send_message(*connect_client()), StartsWith("250"));
  EXPECT_TRUE(happens([&] { return audit_->written() == 1; }));
  EXPECT_TRUE(happens([&] { return shard_->metrics().read().pipeline.answered == 1; }));
}

TEST_F(ShardTest, AdoptsSnapshotsWhileItWorks) {
  start();
  for (std::uint64_t generation = 2; generation <= 200; ++generation) {
    snapshots_.push_back(snapshot(generation));
    shard_->adopt(snapshots_.back());
  }
  EXPECT_TRUE(happens([&] { return shard_->metrics().read().generation == 200; }));
  EXPECT_THAT(send_message(*connect_client()), StartsWith("250"));
  // What the shard no longer holds belongs to this list alone.
  EXPECT_TRUE(happens([&] { return snapshots_.front().use_count() == 1; }));
}

TEST_F(ShardTest, DrainsWhenIdleClientsAreTold) {
  start();
  const std::unique_ptr<Dialogue> client = connect_client();
  EXPECT_THAT(client->reply(), StartsWith("220"));
  shard_->begin_drain();
  EXPECT_THAT(client->line(), StartsWith("421"));
  EXPECT_TRUE(happens([&] { return shard_->has_ended(); }));
  shard_->join();
}

TEST_F(ShardTest, StopsAtOnceWithAMessageHalfSent) {
  start();
  const std::unique_ptr<Dialogue> client = connect_client();
  client->reply();
  client->say("EHLO c\r\n");
  client->reply();
  client->say("MAIL FROM:<a@example.org>\r\n");
  client->reply();
  shard_->stop();
  shard_->join();
  EXPECT_TRUE(shard_->has_ended());
}

TEST_F(ShardTest, CanBeDestroyedWithoutHavingBeenStarted) {
  EXPECT_FALSE(shard_->is_running());
}

}  // namespace
}  // namespace sealgate::app
