// SPDX-License-Identifier: Apache-2.0
//
// Over real loopback sockets, in both receive modes.
#include "netio/uring/uring_transport.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fcntl.h>
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "netio/uring/errors.h"
#include "netio/uring/socket.h"

namespace sealgate::netio {
namespace {

using Kind = TransportEvent::Kind;
using namespace std::chrono_literals;

constexpr int kTurnsMax = 3000;

// What one connection has lived through.
struct Story {
  std::string received;
  int accepted = 0;
  int connected = 0;
  int sent = 0;
  int ended = 0;
  int closed = 0;
  int error = 0;
  std::uint32_t listener = 0;
  Endpoint peer;
};

// A transport, its pool, and a record of its events.
class Network {
 public:
  explicit Network(const UringOptions& options, std::uint32_t segments = 512)
      : pool(SegmentPool::create(segments).value()),
        transport(UringTransport::create(*pool, options).value()) {}

  Endpoint listen(const char* address = "127.0.0.1", int backlog = 512) {
    return transport->listen({.address = address, .port = 0}, backlog).value();
  }

  void turn(Duration patience = 5ms) {
    for (TransportEvent& event : transport->poll(patience)) {
      Story& story = stories[event.connection];
      EXPECT_EQ(story.closed, 0) << "an event after Closed";
      switch (event.kind) {
        case Kind::Accepted:
          ++story.accepted;
          story.listener = event.listener;
          story.peer = event.peer;
          accepted.push_back(event.connection);
          break;
        case Kind::Connected:
          ++story.connected;
          break;
        case Kind::Received:
          EXPECT_FALSE(event.bytes.bytes.empty());
          story.received += as_text(event.bytes.bytes);
          break;
        case Kind::Sent:
          ++story.sent;
          break;
        case Kind::Ended:
          ++story.ended;
          break;
        case Kind::Closed:
          ++story.closed;
          story.error = event.error;
          break;
      }
      if (on_event) on_event(event);
    }
  }

  // Turns until `condition` holds; false when it never does.
  bool until(const std::function<bool()>& condition) {
    for (int i = 0; i < kTurnsMax; ++i) {
      if (condition()) return true;
      turn();
    }
    return condition();
  }

  // A connection through `endpoint`, both of whose ends are here.
  std::pair<ConnectionId, ConnectionId> link(const Endpoint& endpoint) {
    const std::size_t before = accepted.size();
    const ConnectionId client = transport->connect(endpoint);
    EXPECT_TRUE(until([&] { return stories[client].connected == 1 && accepted.size() > before; }));
    return {client, accepted.back()};
  }

  void send(ConnectionId connection, std::string_view text) {
    ChainWriter writer(*pool);
    EXPECT_TRUE(writer.append(text));
    transport->send(connection, writer.take());
  }

  bool is_closed(ConnectionId connection) { return stories[connection].closed == 1; }

  std::unique_ptr<SegmentPool> pool;
  std::unique_ptr<UringTransport> transport;
  std::map<ConnectionId, Story> stories;
  std::vector<ConnectionId> accepted;
  std::function<void(TransportEvent&)> on_event;
};

// A peer that is an ordinary socket.
class PlainPeer {
 public:
  explicit PlainPeer(const Endpoint& endpoint) {
    const SocketAddress address = *to_socket_address(endpoint);
    descriptor_ = open_client(address);
    EXPECT_EQ(::connect(descriptor_, address.pointer(), address.length), 0);
  }
  ~PlainPeer() { close(); }
  PlainPeer(const PlainPeer&) = delete;
  PlainPeer& operator=(const PlainPeer&) = delete;

  void send(std::string_view text) const {
    EXPECT_EQ(::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // What is there; "" where nothing is, or the end.
  std::string receive() const {
    std::string text(1 << 20, '\0');
    const ssize_t count = recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
    last_error_ = count < 0 ? errno : 0;
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  int last_error() const { return last_error_; }
  void finish_sending() const { shutdown(descriptor_, SHUT_WR); }
  void reset() { close_with_reset(std::exchange(descriptor_, -1)); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  mutable int last_error_ = 0;
};

std::string letters(std::size_t size) {
  std::string text(size, ' ');
  std::uint32_t state = 12345;
  for (char& letter : text) {
    state = state * 1664525U + 1013904223U;
    letter = static_cast<char>('a' + (state >> 24U) % 26U);
  }
  return text;
}

class UringTransportTest : public testing::TestWithParam<ReceiveMode> {
 protected:
  UringOptions options() const {
    UringOptions options;
    options.receive = GetParam();
    options.accepted_max = 50;
    options.connected_max = 50;
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, UringTransportTest,
                         testing::Values(ReceiveMode::BufferRing, ReceiveMode::Readiness),
                         [](const auto& mode) {
                           return mode.param == ReceiveMode::BufferRing ? "BufferRing"
                                                                        : "Readiness";
                         });

TEST_P(UringTransportTest, UsesTheModeItWasAskedFor) {
  Network network(options());
  EXPECT_EQ(network.transport->receive_mode(), GetParam());
}

TEST_P(UringTransportTest, EchoesEverySizeUnchanged) {
  Network network(options());
  const Endpoint endpoint = network.listen();
  const auto [client, server] = network.link(endpoint);
  network.on_event = [&, to = server](TransportEvent& event) {
    if (event.kind != Kind::Received || event.connection != to) return;
    Chain echo;
    echo.append(std::move(event.bytes));
    network.transport->send(to, std::move(echo));
  };
  for (const std::size_t size : {1UL, 2UL, 63UL, 64UL, 65UL, 4096UL, kSegmentBytes - 1,
                                 kSegmentBytes, kSegmentBytes + 1, 76'800UL, 3'000'000UL}) {
    const std::string text = letters(size);
    Story& story = network.stories[client];
    story.received.clear();
    network.send(client, text);
    EXPECT_TRUE(network.until([&] { return story.received.size() >= size; })) << size;
    EXPECT_EQ(story.received, text) << size;
  }
  EXPECT_GE(network.stories[client].sent, 1);
}

TEST_P(UringTransportTest, NamesPeerAndListener) {
  Network network(options());
  network.listen();
  const Endpoint second = network.listen("::1");
  EXPECT_NE(second.port, 0);
  EXPECT_EQ(second.address, "::1");
  const auto [client, server] = network.link(second);
  EXPECT_EQ(network.stories[server].listener, 1U);
  EXPECT_EQ(network.stories[server].peer.address, "::1");
  EXPECT_NE(network.stories[server].peer.port, second.port);
  EXPECT_EQ(network.stories[client].listener, 0U);
}

TEST_P(UringTransportTest, ServesAThousandConnections) {
  UringOptions many = options();
  many.accepted_max = 1000;
  many.connected_max = 1000;
  // Each end may have a segment of its own under way.
  Network network(many, 4096);
  const Endpoint endpoint = network.listen("127.0.0.1", 1000);
  network.on_event = [&](TransportEvent& event) {
    if (event.kind == Kind::Connected) network.send(event.connection, "ping");
    const bool is_server = network.stories[event.connection].accepted == 1;
    if (event.kind != Kind::Received) return;
    if (is_server) {
      Chain echo;
      echo.append(std::move(event.bytes));
      network.transport->send(event.connection, std::move(echo));
    } else {
      network.transport->close(event.connection);
    }
  };
  std::vector<ConnectionId> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(network.transport->connect(endpoint));
  EXPECT_TRUE(network.until([&] {
    return std::ranges::all_of(clients, [&](ConnectionId id) { return network.is_closed(id); });
  }));
  for (const ConnectionId client : clients) EXPECT_EQ(network.stories[client].received, "ping");
  network.on_event = [&](TransportEvent& event) {
    if (event.kind == Kind::Ended) network.transport->close(event.connection);
  };
  for (const ConnectionId server : network.accepted) {
    if (network.stories[server].ended > 0) network.transport->close(server);
  }
  EXPECT_TRUE(network.until([&] { return network.transport->connection_count() == 0; }));
  EXPECT_EQ(network.stories.size(), 2000U);
}

TEST_P(UringTransportTest, KeepsAPausedConnectionSilentAndPushesBack) {
  Network network(options(), 1024);
  const auto [client, server] = network.link(network.listen());
  network.send(client, "early");
  EXPECT_TRUE(network.until([&, to = server] { return network.stories[to].received == "early"; }));
  network.transport->pause(server);
  const std::string text = letters(16'000'000);
  network.send(client, text);
  for (int i = 0; i < 50; ++i) network.turn(1ms);
  EXPECT_EQ(network.stories[server].received, "early");
  // The sockets' buffers hold some megabytes at most, so not everything has left.
  EXPECT_EQ(network.stories[client].sent, 1);
  network.transport->close(client);
  network.transport->resume(server);
  EXPECT_TRUE(network.until([&, to = server] { return network.stories[to].ended == 1; }));
  EXPECT_EQ(network.stories[server].received, "early" + text);
  EXPECT_TRUE(network.until([&, from = client] { return network.is_closed(from); }));
  EXPECT_EQ(network.stories[client].error, 0);
}

TEST_P(UringTransportTest, LosesNothingWhenPausedAndResumedAtEveryTurn) {
  Network network(options());
  const auto [client, server] = network.link(network.listen());
  const std::string text = letters(2'000'000);
  network.send(client, text);
  network.transport->close(client);
  for (int i = 0; i < kTurnsMax && network.stories[server].ended == 0; ++i) {
    network.transport->pause(server);
    network.turn(1ms);
    network.transport->resume(server);
    if (i % 2 == 0) network.transport->pause(server);
    network.transport->resume(server);
    network.turn(1ms);
  }
  EXPECT_EQ(network.stories[server].ended, 1);
  EXPECT_EQ(network.stories[server].received, text);
}

TEST_P(UringTransportTest, AnswersAfterThePeerHasEnded) {
  Network network(options());
  PlainPeer peer(network.listen());
  peer.send("question");
  peer.finish_sending();
  EXPECT_TRUE(network.until([&] {
    return !network.accepted.empty() && network.stories[network.accepted[0]].ended == 1;
  }));
  const ConnectionId server = network.accepted[0];
  EXPECT_EQ(network.stories[server].received, "question");
  network.send(server, "answer");
  network.transport->close(server);
  EXPECT_TRUE(network.until([&] { return network.is_closed(server); }));
  EXPECT_EQ(network.stories[server].error, 0);
  EXPECT_EQ(peer.receive(), "answer");
  EXPECT_EQ(peer.receive(), "");
  EXPECT_EQ(peer.last_error(), 0);
}

TEST_P(UringTransportTest, SendsItsLastWordsToAPeerThatTalksOn) {
  Network network(options());
  PlainPeer peer(network.listen());
  EXPECT_TRUE(network.until([&] { return network.accepted.size() == 1; }));
  const ConnectionId server = network.accepted[0];
  network.transport->pause(server);
  network.turn(1ms);
  peer.send(letters(100'000));
  network.send(server, "421 bye");
  network.transport->close(server);
  EXPECT_TRUE(network.until([&] { return network.is_closed(server); }));
  EXPECT_EQ(peer.receive(), "421 bye");
  EXPECT_EQ(peer.receive(), "");
  EXPECT_EQ(peer.last_error(), 0);
}

TEST_P(UringTransportTest, AbortsInTheMiddleOfSendingWithAReset) {
  Network network(options(), 1024);
  PlainPeer peer(network.listen());
  EXPECT_TRUE(network.until([&] { return network.accepted.size() == 1; }));
  const ConnectionId server = network.accepted[0];
  network.send(server, letters(16'000'000));
  for (int i = 0; i < 5; ++i) network.turn(1ms);
  network.transport->abort(server);
  network.transport->abort(server);
  network.transport->close(server);
  EXPECT_TRUE(network.until([&] { return network.is_closed(server); }));
  std::size_t count = 0;
  while (peer.last_error() == 0) {
    const std::size_t size = peer.receive().size();
    if (size == 0) break;
    count += size;
  }
  EXPECT_EQ(peer.last_error(), ECONNRESET);
  EXPECT_LT(count, 16'000'000U);
  // All that was queued is free again but for what the kernel is lent to receive into.
  EXPECT_GE(network.pool->free_count(), 1024U - 64U);
}

TEST_P(UringTransportTest, ReportsAPeersReset) {
  Network network(options());
  PlainPeer peer(network.listen());
  peer.send("half a comm");
  EXPECT_TRUE(network.until([&] {
    return !network.accepted.empty() && !network.stories[network.accepted[0]].received.empty();
  }));
  peer.reset();
  const ConnectionId server = network.accepted[0];
  EXPECT_TRUE(network.until([&] { return network.is_closed(server); }));
  EXPECT_EQ(network.stories[server].error, ECONNRESET);
  network.send(server, "to nobody");
  network.transport->pause(server);
  network.transport->resume(server);
  network.transport->abort(server);
  network.turn(1ms);
  EXPECT_EQ(network.stories[server].closed, 1);
}

TEST_P(UringTransportTest, ReadsAPeersLastWordsBeforeItsReset) {
  Network network(options());
  const int listener = open_listener({.address = "127.0.0.1", .port = 0}, 4).value();
  const ConnectionId client = network.transport->connect(local_endpoint(listener));
  EXPECT_TRUE(network.until([&] { return network.stories[client].connected == 1; }));
  const int peer = accept(listener, nullptr, nullptr);
  network.send(client, "EHLO");
  EXPECT_TRUE(network.until([&] { return network.stories[client].sent == 1; }));
  pollfd readable = {.fd = peer, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&readable, 1, 1000), 1);
  // Closing with unread bytes resets; what comes before the reset is still there to be read.
  EXPECT_EQ(::send(peer, "421 too many", 12, 0), 12);
  ::close(peer);
  network.send(client, "MAIL");
  EXPECT_TRUE(network.until([&] { return network.is_closed(client); }));
  EXPECT_EQ(network.stories[client].received, "421 too many");
  EXPECT_NE(network.stories[client].error, 0);
  ::close(listener);
}

TEST_P(UringTransportTest, ReportsARefusedConnect) {
  Network network(options());
  const int listener = open_listener({.address = "127.0.0.1", .port = 0}, 1).value();
  const Endpoint endpoint = local_endpoint(listener);
  ::close(listener);
  const ConnectionId client = network.transport->connect(endpoint);
  network.send(client, "never leaves");
  EXPECT_TRUE(network.until([&] { return network.is_closed(client); }));
  EXPECT_EQ(network.stories[client].error, ECONNREFUSED);
  EXPECT_EQ(network.stories[client].connected, 0);
}

TEST_P(UringTransportTest, ClosesAConnectToNoAddress) {
  Network network(options());
  const ConnectionId client = network.transport->connect({.address = "mail.example", .port = 25});
  const ConnectionId other = network.transport->connect({.address = "", .port = 25});
  EXPECT_NE(client, other);
  EXPECT_TRUE(network.until([&] { return network.is_closed(client) && network.is_closed(other); }));
  EXPECT_EQ(network.stories[client].error, EINVAL);
}

TEST_P(UringTransportTest, ClosesAConnectBeyondTheLimit) {
  UringOptions few = options();
  few.connected_max = 1;
  Network network(few);
  const auto [client, server] = network.link(network.listen());
  const ConnectionId second = network.transport->connect({.address = "127.0.0.1", .port = 9});
  EXPECT_TRUE(network.until([&] { return network.is_closed(second); }));
  EXPECT_EQ(network.stories[second].error, EMFILE);
  EXPECT_FALSE(network.is_closed(client));
}

TEST_P(UringTransportTest, CanBeClosedAndAbortedBeforeItIsConnected) {
  Network network(options());
  const Endpoint endpoint = network.listen();
  const ConnectionId closed = network.transport->connect(endpoint);
  const ConnectionId aborted = network.transport->connect(endpoint);
  const ConnectionId draining = network.transport->connect(endpoint);
  network.transport->close(closed);
  network.transport->abort(aborted);
  network.send(draining, "hello");
  network.transport->close(draining);
  EXPECT_TRUE(network.until([&] {
    return network.is_closed(closed) && network.is_closed(aborted) && network.is_closed(draining);
  }));
  EXPECT_EQ(network.stories[draining].connected, 0);
  EXPECT_TRUE(network.until([&] {
    return std::ranges::any_of(network.accepted,
                               [&](auto id) { return network.stories[id].received == "hello"; });
  }));
}

TEST_P(UringTransportTest, NeverGivesAnIdTwice) {
  UringOptions few = options();
  few.accepted_max = 1;
  few.connected_max = 1;
  Network network(few);
  const Endpoint endpoint = network.listen();
  for (int i = 0; i < 20; ++i) {
    const auto [client, server] = network.link(endpoint);
    EXPECT_EQ(network.stories[client].connected, 1);
    EXPECT_EQ(network.stories[server].accepted, 1);
    network.transport->abort(client);
    EXPECT_TRUE(network.until([&, at = server] { return network.is_closed(at); }));
  }
  EXPECT_EQ(network.stories.size(), 40U);
}

TEST_P(UringTransportTest, LeavesAFloodOfClientsWaitingAndServesThemInTurn) {
  UringOptions few = options();
  few.accepted_max = 8;
  few.connected_max = 1;
  Network network(few);
  const Endpoint endpoint = network.listen();
  std::vector<std::unique_ptr<PlainPeer>> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(std::make_unique<PlainPeer>(endpoint));
    peers.back()->send("x");
  }
  for (int i = 0; i < 20; ++i) {
    network.turn(1ms);
    EXPECT_LE(network.transport->connection_count(), 8U);
  }
  EXPECT_EQ(network.accepted.size(), 8U);
  network.on_event = [&](TransportEvent& event) {
    if (event.kind == Kind::Received) network.transport->close(event.connection);
  };
  for (const ConnectionId early : network.accepted) network.transport->close(early);
  EXPECT_TRUE(network.until([&] { return network.accepted.size() == 100; }));
  EXPECT_TRUE(network.until([&] { return network.transport->connection_count() == 0; }));
}

TEST_P(UringTransportTest, WaitsForDescriptorsWithoutSpinningAndRecovers) {
  Network network(options());
  const PlainPeer peer(network.listen());
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free_descriptor = dup(0);
  ::close(free_descriptor);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(free_descriptor);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) network.turn(5ms);
  // Every second turn finds out that it fails; the others wait.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms);
  EXPECT_TRUE(network.accepted.empty());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(network.until([&] { return network.accepted.size() == 1; }));
}

TEST_P(UringTransportTest, StopsReceivingAtItsReserveAndRecovers) {
  UringOptions tight = options();
  tight.lent_segments_max = 8;
  tight.segments_reserve = 4;
  Network network(tight, 16);
  const Endpoint endpoint = network.listen();
  std::vector<std::unique_ptr<PlainPeer>> peers;
  const std::string text = letters(200'000);
  for (int i = 0; i < 4; ++i) {
    peers.push_back(std::make_unique<PlainPeer>(endpoint));
    peers.back()->send(text);
    peers.back()->finish_sending();
  }
  std::vector<Slice> kept;
  bool keeps = true;
  network.on_event = [&](TransportEvent& event) {
    if (event.kind == Kind::Received && keeps) kept.push_back(event.bytes);
  };
  for (int i = 0; i < 50; ++i) network.turn(1ms);
  EXPECT_GE(network.pool->free_count(), 4U);
  EXPECT_LE(network.pool->free_count(), 5U);
  for (const ConnectionId id : network.accepted) EXPECT_EQ(network.stories[id].closed, 0);

  keeps = false;
  kept.clear();
  EXPECT_TRUE(network.until([&] {
    return network.accepted.size() == 4 && std::ranges::all_of(network.accepted, [&](auto id) {
             return network.stories[id].ended == 1;
           });
  }));
  for (const ConnectionId id : network.accepted) EXPECT_EQ(network.stories[id].received, text);
}

TEST_P(UringTransportTest, PinsNoSegmentForAnIdleConnection) {
  UringOptions tight = options();
  tight.lent_segments_max = 4;
  Network network(tight, 32);
  const Endpoint endpoint = network.listen();
  for (int i = 0; i < 40; ++i) {
    const auto [client, server] = network.link(endpoint);
    network.send(client, "EHLO client.example\r\n");
    EXPECT_TRUE(network.until([&, at = server] { return !network.stories[at].received.empty(); }));
  }
  network.turn(1ms);
  EXPECT_GE(network.pool->free_count(), 32U - 4U);
}

TEST_P(UringTransportTest, BoundsTheEventsOfOnePoll) {
  UringOptions bounded = options();
  bounded.events_max = 4;
  Network network(bounded);
  const Endpoint endpoint = network.listen();
  std::vector<std::unique_ptr<PlainPeer>> peers;
  for (int i = 0; i < 40; ++i) peers.push_back(std::make_unique<PlainPeer>(endpoint));
  for (int i = 0; i < kTurnsMax && network.accepted.size() < 40; ++i) {
    const std::size_t before = network.accepted.size();
    network.turn();
    EXPECT_LE(network.accepted.size() - before, 4U);
  }
  EXPECT_EQ(network.accepted.size(), 40U);
}

TEST_P(UringTransportTest, WakesUpForAnotherThread) {
  Network network(options());
  network.turn(0ms);
  for (int i = 0; i < 3; ++i) {
    std::jthread waker([&] {
      const std::uint64_t one = 1;
      EXPECT_EQ(write(network.transport->wake_fd(), &one, sizeof(one)), 8);
    });
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(network.transport->poll(60s).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
  }
}

TEST_P(UringTransportTest, ReturnsWhenItsPatienceIsOver) {
  Network network(options());
  network.listen();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(network.transport->poll(20ms).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 20ms);
}

TEST_P(UringTransportTest, AdoptsAListenerOfOtherOrigin) {
  Network network(options());
  const int descriptor = open_listener({.address = "127.0.0.1", .port = 0}, 8).value();
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  const Endpoint endpoint = network.transport->adopt_listener(descriptor).value();
  const auto [client, server] = network.link(endpoint);
  network.send(server, "220 ready");
  EXPECT_TRUE(network.until([&, at = client] { return !network.stories[at].received.empty(); }));

  const int idle = open_client(*to_socket_address(endpoint));
  EXPECT_TRUE(network.transport->adopt_listener(idle).error().is(kNotAListener));
  ::close(idle);
}

TEST_P(UringTransportTest, SharesAnEndpointAmongShards) {
  Network first(options());
  Network second(options());
  const Endpoint endpoint = first.listen();
  EXPECT_EQ(second.transport->listen(endpoint, 8).value(), endpoint);
}

TEST_P(UringTransportTest, GivesEverySegmentBackWhenDestroyedAmidTraffic) {
  Network network(options(), 1024);
  const Endpoint endpoint = network.listen();
  PlainPeer silent(endpoint);
  PlainPeer talking(endpoint);
  EXPECT_TRUE(network.until([&] { return network.accepted.size() == 2; }));
  talking.send(letters(1'000'000));
  network.send(network.accepted[0], letters(8'000'000));
  network.send(network.accepted[1], letters(8'000'000));
  network.turn(1ms);
  network.transport->connect(endpoint);
  network.transport->pause(network.accepted[1]);
  network.transport.reset();
  EXPECT_EQ(network.pool->free_count(), 1024U);
}

TEST_P(UringTransportTest, GoesOnWithoutAPollAtAll) {
  Network network(options());
  network.listen();
  network.transport->connect({.address = "127.0.0.1", .port = 9});
  network.transport.reset();
  EXPECT_EQ(network.pool->free_count(), 512U);
}

// Runs `body` on a thread for which io_uring_setup fails with `error`.
void without_uring(std::uint32_t error, const std::function<void()>& body) {
  std::jthread([&] {
    std::array<sock_filter, 4> code = {{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog program = {.len = code.size(), .filter = code.data()};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    body();
  });
}

TEST(UringTransport, SaysWhatToDoWhenIoUringIsForbidden) {
  for (const std::uint32_t error : {std::uint32_t{EPERM}, std::uint32_t{ENOSYS}}) {
    without_uring(error, [&] {
      const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
      const auto created = UringTransport::create(*pool, {});
      ASSERT_FALSE(created);
      EXPECT_TRUE(created.error().is(kUringForbidden));
      EXPECT_EQ(created.error().detail(), error);
      EXPECT_EQ(created.error().kind().error_class, ErrorClass::Misconfigured);
      const std::string_view text = created.error().kind().text;
      EXPECT_NE(text.find("kernel.io_uring_disabled"), std::string_view::npos);
      EXPECT_NE(text.find("seccomp"), std::string_view::npos);
    });
  }
}

TEST(UringTransport, TellsMissingMemoryAndAnOldKernelApart) {
  without_uring(ENOMEM, [] {
    const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
    EXPECT_TRUE(UringTransport::create(*pool, {}).error().is(kUringMemoryUnavailable));
  });
  without_uring(EINVAL, [] {
    const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
    EXPECT_TRUE(UringTransport::create(*pool, {}).error().is(kUringTooOld));
  });
}

TEST(UringTransport, WantsAsManyFilesAsConnections) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
  UringOptions options;
  options.accepted_max = 10'000'000;
  if (limit.rlim_max > options.accepted_max) GTEST_SKIP() << "RLIMIT_NOFILE has no bound here";
  EXPECT_TRUE(UringTransport::create(*pool, options).error().is(kDescriptorsTooFew));
}

TEST(UringTransport, WantsFilesForAllTransportsOfTheProcess) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 256;
  UringOptions options;
  options.accepted_max = 1000;
  options.connected_max = 500;
  if (before.rlim_max < 2 * 1500 + 128) GTEST_SKIP() << "RLIMIT_NOFILE is too low here";
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
  const auto first = UringTransport::create(*pool, options);
  const auto second = UringTransport::create(*pool, options);
  rlimit raised = {};
  getrlimit(RLIMIT_NOFILE, &raised);
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(first && second);
  EXPECT_GE(raised.rlim_cur, 2U * 1500U);
}

TEST(UringTransport, TakesTheBestModeByDefault) {
  const std::unique_ptr<SegmentPool> pool = SegmentPool::create(8).value();
  const auto transport = UringTransport::create(*pool, {}).value();
  EXPECT_EQ(transport->receive_mode(), ReceiveMode::BufferRing);
}

}  // namespace
}  // namespace sealgate::netio
