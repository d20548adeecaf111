// SPDX-License-Identifier: Apache-2.0
//
// sealgate-sink: an SMTP server that takes everything and costs little. Prints one JSON line
// with its port when it is ready, one with the messages so far at each SIGUSR1, and one with all
// counts at SIGTERM or SIGINT.
#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include "bench/capacity/measure.h"
#include "bench/capacity/sink_exchange.h"

namespace sealgate::capacity {
namespace {

struct SinkOptions {
  std::string listen = "127.0.0.1:0";
  unsigned threads = 1;
  SinkScript script;
  std::filesystem::path save_folder;
  std::uint64_t save_max = 10;
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int open_listener(const std::string& listen) {
  const Address address = parse_address(listen);
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no such address: " + listen);
  }
  const int one = 1;
  const int listener = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (bind(listener, found->ai_addr, found->ai_addrlen) != 0) fail("bind");
  if (::listen(listener, 1024) != 0) fail("listen");
  freeaddrinfo(found);
  return listener;
}

std::uint16_t port_of(int listener) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  // The port has the same place in both families.
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

// One thread with its share of the connections.
class Worker {
 public:
  Worker(const SinkOptions& options, int listener, int stop, std::atomic<std::uint64_t>& saved)
      : options_(&options), listener_(listener), stop_(stop), saved_(&saved) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN | EPOLLEXCLUSIVE);
    watch(stop_, EPOLLIN);
  }
  ~Worker() {
    for (const auto& [descriptor, exchange] : exchanges_) ::close(descriptor);
    ::close(epoll_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run() {
    std::array<epoll_event, 64> events = {};
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
        if (descriptor == stop_) return;
        if (descriptor == listener_) {
          accept_all();
        } else {
          serve(descriptor);
        }
      }
    }
  }

  // Requires: run() has returned.
  const SinkCounts& counts() const { return counts_; }
  // At any time, from any thread.
  std::uint64_t messages() const { return messages_.load(std::memory_order_relaxed); }

 private:
  void watch(int descriptor, std::uint32_t events) const {
    epoll_event event = {.events = events, .data = {.fd = descriptor}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
  }

  void accept_all() {
    int descriptor = -1;
    while ((descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      ++counts_.connections;
      auto exchange = std::make_unique<SinkExchange>(options_->script, counts_);
      if (!options_->save_folder.empty()) exchange->keep(&taken_);
      exchanges_[descriptor] = std::move(exchange);
      watch(descriptor, EPOLLIN);
      const std::string_view greeting = SinkExchange::greeting();
      send(descriptor, greeting.data(), greeting.size(), MSG_NOSIGNAL);
    }
  }

  void serve(int descriptor) {
    SinkExchange& exchange = *exchanges_.at(descriptor);
    const ssize_t size = recv(descriptor, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    bool is_over = size <= 0;
    if (size > 0) {
      replies_.clear();
      const std::uint64_t before = counts_.messages;
      exchange.take({buffer_.data(), static_cast<std::size_t>(size)}, replies_);
      if (counts_.messages != before) save(exchange);
      messages_.store(counts_.messages, std::memory_order_relaxed);
      const auto length = static_cast<ssize_t>(replies_.size());
      // Who does not read a few lines of replies is no client to wait for.
      is_over = (length > 0 &&
                 send(descriptor, replies_.data(), replies_.size(), MSG_NOSIGNAL) != length) ||
                exchange.is_over();
    }
    if (!is_over) return;
    ::close(descriptor);
    exchanges_.erase(descriptor);
  }

  void save(SinkExchange& exchange) {
    if (options_->save_folder.empty()) return;
    const std::uint64_t number = saved_->fetch_add(1);
    if (number >= options_->save_max) {
      exchange.keep(nullptr);
      return;
    }
    std::ofstream file(options_->save_folder / (std::to_string(number) + ".eml"), std::ios::binary);
    file << taken_;
  }

  const SinkOptions* options_;
  int listener_;
  int stop_;
  std::atomic<std::uint64_t>* saved_;
  int epoll_ = -1;
  SinkCounts counts_;
  std::atomic<std::uint64_t> messages_ = 0;
  std::unordered_map<int, std::unique_ptr<SinkExchange>> exchanges_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
  std::string replies_;
  std::string taken_;
};

void add_options(CLI::App& app, SinkOptions& options) {
  app.add_option("--listen", options.listen, "HOST:PORT; port 0 takes a free one");
  app.add_option("--threads", options.threads, "threads")->check(CLI::Range(1, 64));
  app.add_option("--tempfail-rcpt-every", options.script.tempfail_rcpt_every,
                 "answer every n-th RCPT with 451");
  app.add_option("--tempfail-data-every", options.script.tempfail_data_every,
                 "answer every n-th content with 451");
  app.add_option("--save", options.save_folder, "keep the first messages in this folder")
      ->check(CLI::ExistingDirectory);
  app.add_option("--save-max", options.save_max, "how many");
}

int run(const SinkOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const int listener = open_listener(options.listen);
  const int stop = eventfd(0, EFD_CLOEXEC);
  std::atomic<std::uint64_t> saved = 0;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(options, listener, stop, saved));
    threads.emplace_back([worker = workers.back().get()] { worker->run(); });
  }
  std::cout << nlohmann::ordered_json{{"ready", true}, {"port", port_of(listener)}} << std::endl;

  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGUSR1) {
    std::uint64_t messages = 0;
    for (const auto& worker : workers) messages += worker->messages();
    std::cout << nlohmann::ordered_json{{"messages", messages}, {"cpu_seconds", cpu_seconds()}}
              << std::endl;
  }
  eventfd_write(stop, 1);
  threads.clear();
  SinkCounts counts;
  for (const auto& worker : workers) counts.add(worker->counts());
  const double cpu = cpu_seconds();
  nlohmann::ordered_json report = {
      {"messages", counts.messages},     {"bytes", counts.bytes},
      {"recipients", counts.recipients}, {"connections", counts.connections},
      {"tempfails", counts.tempfails},   {"cpu_seconds", cpu}};
  if (counts.messages > 0) {
    report["cpu_us_per_message"] = cpu * 1e6 / static_cast<double>(counts.messages);
  }
  std::cout << report << std::endl;
  return 0;
}

}  // namespace
}  // namespace sealgate::capacity

int main(int argc, char** argv) {
  CLI::App app("An SMTP server that takes everything and counts it.", "sealgate-sink");
  sealgate::capacity::SinkOptions options;
  try {
    sealgate::capacity::add_options(app, options);
    app.parse(argc, argv);
    return sealgate::capacity::run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "sealgate-sink: " << error.what() << '\n';
    return 1;
  }
}
