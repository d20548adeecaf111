// SPDX-License-Identifier: Apache-2.0
//
// sealgate-load: sends mail by SMTP and measures. Closed loop: each connection sends its next
// message when the last one is answered. Open loop: messages arrive as a Poisson process of a
// given rate, whatever the server does, and their latency counts from the moment at which they
// were to be sent (no coordinated omission). One thread; prints one JSON object.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

#include "bench/capacity/load_exchange.h"
#include "bench/capacity/mail_template.h"
#include "bench/capacity/measure.h"

namespace sealgate::capacity {
namespace {

struct LoadOptions {
  std::string target;
  unsigned connections = 16;
  std::uint64_t messages_per_connection = 100;
  std::size_t size = 4096;
  std::string sender = "sender@example.org";
  std::vector<std::string> recipients = {"recipient@example.net"};
  std::size_t recipients_per_message = 1;
  double rate = 0;  // Messages/s of the open loop; 0 is the closed loop.
  double warmup = 1;
  double seconds = 5;
  std::uint64_t messages = 0;  // The closed loop ends after so many; 0 is unlimited.
  std::uint64_t seed = 1;
};

struct Connection {
  int descriptor = -1;
  LoadExchange exchange;
  bool is_idle = false;
  bool has_message = false;
  bool wants_to_write = false;  // EPOLLOUT is watched for.
  std::uint64_t messages = 0;
  unsigned failures = 0;  // In a row.
  Clock::time_point intended;
  std::string head;  // Commands or header; then the body.
  std::size_t sent = 0;
  std::size_t body_sent = 0;
  bool sends_content = false;
};

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options),
        template_(options.size, options.sender, options.recipients.front()),
        content_(std::string(template_.body()) + ".\r\n"),
        connections_(options.connections),
        random_(options.seed) {
    resolve();
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
  }
  ~Load() {
    for (const Connection& connection : connections_) {
      if (connection.descriptor >= 0) ::close(connection.descriptor);
    }
    ::close(epoll_);
    freeaddrinfo(target_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  nlohmann::ordered_json run();

 private:
  static constexpr unsigned kFailuresMax = 5;

  void resolve();
  void connect(Connection& connection);
  void disconnect(Connection& connection);
  void fail(Connection& connection);
  void serve(Connection& connection, std::uint32_t events);
  void follow(Connection& connection, LoadExchange::Step step);
  void write_out(Connection& connection);
  void watch_for_writing(Connection& connection, bool wants_to_write);
  void make_idle(Connection& connection);
  void begin(Connection& connection, Clock::time_point intended);
  void finish(Connection& connection);
  void arrive(Clock::time_point now);
  bool is_measured(Clock::time_point when) const { return when >= measure_from_ && when < end_; }
  bool is_ending() const;
  bool is_done() const;
  timespec wait_time(Clock::time_point now) const;
  nlohmann::ordered_json report();

  LoadOptions options_;
  MailTemplate template_;
  std::string content_;
  addrinfo* target_ = nullptr;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::deque<Clock::time_point> backlog_;  // Open loop: arrived, no connection free yet.
  Clock::time_point next_arrival_;
  std::mt19937_64 random_;
  int epoll_ = -1;

  Clock::time_point now_;
  Clock::time_point measure_from_;
  Clock::time_point end_;
  std::uint64_t sequence_ = 0;
  std::size_t next_recipient_ = 0;
  unsigned under_way_ = 0;

  double cpu_from_ = 0;
  double cpu_until_ = 0;
  std::uint64_t accepted_total_ = 0;
  std::uint64_t rejected_total_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t connection_errors_ = 0;
  std::map<std::string, std::uint64_t> rejected_;
  Latencies latencies_;
};

void Load::resolve() {
  const Address address = parse_address(options_.target);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &target_) != 0) {
    throw std::runtime_error("no such address: " + options_.target);
  }
}

void Load::connect(Connection& connection) {
  connection.exchange.begin_connection();
  connection.messages = 0;
  connection.sends_content = false;
  connection.head.clear();
  connection.sent = 0;
  connection.descriptor = socket(target_->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (::connect(connection.descriptor, target_->ai_addr, target_->ai_addrlen) != 0) {
    fail(connection);
    return;
  }
  fcntl(connection.descriptor, F_SETFL, O_NONBLOCK);
  epoll_event event = {.events = EPOLLIN, .data = {.ptr = &connection}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event);
  connection.wants_to_write = false;
}

void Load::disconnect(Connection& connection) {
  if (connection.descriptor >= 0) ::close(std::exchange(connection.descriptor, -1));
  connection.is_idle = false;
  std::erase(idle_, &connection);
}

// The server has closed or cannot be reached.
void Load::fail(Connection& connection) {
  disconnect(connection);
  ++connection_errors_;
  ++connection.failures;
  if (std::exchange(connection.has_message, false)) {
    --under_way_;
    ++rejected_total_;
    if (is_measured(now_)) ++rejected_["connection"];
  }
  if (connection.failures < kFailuresMax && !is_ending()) connect(connection);
}

void Load::serve(Connection& connection, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) write_out(connection);
  if (connection.descriptor < 0 || (events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  std::array<char, 16 * 1024> buffer;
  const ssize_t size = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    fail(connection);
    return;
  }
  follow(connection, connection.exchange.take({buffer.data(), static_cast<std::size_t>(size)}));
}

void Load::follow(Connection& connection, LoadExchange::Step step) {
  using Step = LoadExchange::Step;
  while (step != Step::Wait) {
    if (step == Step::Over) {
      fail(connection);
      return;
    }
    if (step == Step::Send) {
      connection.head += connection.exchange.take_commands();
    } else if (step == Step::SendContent) {
      connection.head += template_.header(sequence_++, std::time(nullptr));
      connection.sends_content = true;
      connection.body_sent = 0;
    } else {
      if (step == Step::Finished) finish(connection);
      make_idle(connection);
      return;
    }
    write_out(connection);
    if (connection.descriptor < 0) return;
    step = connection.exchange.take({});
  }
}

void Load::write_out(Connection& connection) {
  while (true) {
    const std::size_t body = connection.sends_content ? content_.size() : 0;
    std::array<iovec, 2> pieces = {{
        {.iov_base = connection.head.data() + connection.sent,
         .iov_len = connection.head.size() - connection.sent},
        {.iov_base = content_.data() + connection.body_sent,
         .iov_len = body - std::min(body, connection.body_sent)},
    }};
    if (pieces[0].iov_len + pieces[1].iov_len == 0) break;
    msghdr message = {};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t count = sendmsg(connection.descriptor, &message, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      watch_for_writing(connection, true);
      return;
    }
    if (count < 0) {
      fail(connection);
      return;
    }
    const std::size_t of_head = std::min(static_cast<std::size_t>(count), pieces[0].iov_len);
    connection.sent += of_head;
    connection.body_sent += static_cast<std::size_t>(count) - of_head;
  }
  connection.head.clear();
  connection.sent = 0;
  connection.sends_content = false;
  watch_for_writing(connection, false);
}

void Load::watch_for_writing(Connection& connection, bool wants_to_write) {
  if (connection.wants_to_write == wants_to_write) return;
  connection.wants_to_write = wants_to_write;
  epoll_event event = {.events = wants_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN,
                       .data = {.ptr = &connection}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
}

void Load::finish(Connection& connection) {
  const int code = connection.exchange.outcome();
  const bool is_accepted = code < 400;
  connection.has_message = false;
  connection.failures = 0;
  ++connection.messages;
  --under_way_;
  ++(is_accepted ? accepted_total_ : rejected_total_);
  if (!is_measured(now_)) return;
  if (is_accepted) {
    ++accepted_;
    latencies_.add(now_ - connection.intended);
  } else {
    ++rejected_[std::to_string(code)];
  }
}

// The connection can take a message: a waiting one, its next one, or none any more.
void Load::make_idle(Connection& connection) {
  if (is_ending() || connection.messages >= options_.messages_per_connection) {
    connection.exchange.begin_quit();
    connection.head += connection.exchange.take_commands();
    write_out(connection);
    disconnect(connection);
    if (!is_ending()) connect(connection);
    return;
  }
  if (options_.rate == 0) {
    begin(connection, now_);
  } else if (!backlog_.empty()) {
    const Clock::time_point intended = backlog_.front();
    backlog_.pop_front();
    begin(connection, intended);
  } else {
    connection.is_idle = true;
    idle_.push_back(&connection);
  }
}

void Load::begin(Connection& connection, Clock::time_point intended) {
  std::vector<std::string> recipients;
  for (std::size_t i = 0; i < options_.recipients_per_message; ++i) {
    recipients.push_back(options_.recipients[next_recipient_++ % options_.recipients.size()]);
  }
  connection.intended = intended;
  connection.has_message = true;
  ++under_way_;
  connection.exchange.begin_message(options_.sender, recipients);
  connection.head += connection.exchange.take_commands();
  write_out(connection);
}

void Load::arrive(Clock::time_point now) {
  std::exponential_distribution<double> gap(options_.rate);
  while (next_arrival_ <= now && next_arrival_ < end_) {
    if (idle_.empty()) {
      backlog_.push_back(next_arrival_);
    } else {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      connection.is_idle = false;
      begin(connection, next_arrival_);
    }
    next_arrival_ +=
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap(random_)));
  }
}

bool Load::is_ending() const {
  const bool has_enough =
      options_.messages != 0 && accepted_total_ + rejected_total_ + under_way_ >= options_.messages;
  return has_enough || (now_ >= end_ && backlog_.empty());
}

bool Load::is_done() const {
  if (under_way_ > 0) return false;
  for (const Connection& connection : connections_) {
    if (connection.descriptor >= 0 && !connection.is_idle) return is_ending();
  }
  return is_ending() || idle_.empty();
}

timespec Load::wait_time(Clock::time_point now) const {
  // The clock has to be looked at now and then, for the end of the run.
  constexpr Clock::duration kWaitMax = std::chrono::milliseconds(20);
  Clock::duration wait = kWaitMax;
  if (options_.rate > 0) wait = std::clamp(next_arrival_ - now, Clock::duration::zero(), kWaitMax);
  return {.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(wait).count()};
}

nlohmann::ordered_json Load::run() {
  // Whoever does not answer for so long after the end is not waited for.
  constexpr auto kGrace = std::chrono::seconds(20);
  const auto span = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  // A late arrival would count as the server's latency; the kernel's own slack is 50 us.
  prctl(PR_SET_TIMERSLACK, 1);
  now_ = Clock::now();
  const Clock::time_point begun = now_;
  measure_from_ = begun + span(options_.messages == 0 ? options_.warmup : 0);
  end_ = measure_from_ + span(options_.seconds);
  next_arrival_ = begun;
  for (Connection& connection : connections_) connect(connection);
  bool measures = false;
  bool has_measured = false;
  while (!is_done() && now_ < end_ + kGrace) {
    std::array<epoll_event, 128> events = {};
    const timespec wait = wait_time(now_);
    const int count = epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    now_ = Clock::now();
    if (!measures && now_ >= measure_from_) {
      measures = true;
      cpu_from_ = cpu_seconds();
    }
    if (!has_measured && now_ >= end_) {
      has_measured = true;
      cpu_until_ = cpu_seconds();
    }
    if (options_.rate > 0) arrive(now_);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if (connection.descriptor >= 0) serve(connection, event.events);
    }
  }
  if (!has_measured) {
    cpu_until_ = cpu_seconds();
    end_ = std::min(end_, now_);
  }
  return report();
}

nlohmann::ordered_json Load::report() {
  const double seconds = std::chrono::duration<double>(end_ - measure_from_).count();
  const double cpu = cpu_until_ - cpu_from_;
  const auto accepted = static_cast<double>(accepted_);
  nlohmann::ordered_json report = {
      {"mode", options_.rate > 0 ? "open" : "closed"},
      {"size", options_.size},
      {"connections", options_.connections},
      {"seconds", seconds},
      {"accepted", accepted_},
      {"rejected", rejected_},
      {"per_second", accepted / seconds},
  };
  if (options_.rate > 0) report["offered_per_second"] = options_.rate;
  latencies_.write_to(report);
  report["cpu_seconds"] = cpu;
  report["cpu_us_per_message"] = accepted_ > 0 ? cpu * 1e6 / accepted : 0;
  // With the warm-up and what was answered after the end: what a sink must have.
  report["accepted_total"] = accepted_total_;
  report["rejected_total"] = rejected_total_;
  report["unanswered"] = under_way_;
  report["unsent"] = backlog_.size();
  report["connection_errors"] = connection_errors_;
  return report;
}

void add_options(CLI::App& app, LoadOptions& options) {
  app.add_option("target", options.target, "HOST:PORT of the server")->required();
  app.add_option("--connections", options.connections, "connections")->check(CLI::Range(1, 10000));
  app.add_option("--messages-per-connection", options.messages_per_connection,
                 "messages before a connection is closed and opened again")
      ->check(CLI::PositiveNumber);
  app.add_option("--size", options.size, "bytes of a message, header and body")
      ->check(CLI::Range(kMailSizeMin, std::size_t{1} << 28U));
  app.add_option("--sender", options.sender, "address");
  app.add_option("--recipient", options.recipients, "address; several are taken in turn");
  app.add_option("--recipients-per-message", options.recipients_per_message, "how many each has")
      ->check(CLI::Range(1, 1000));
  app.add_option("--rate", options.rate, "open loop: messages per second")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "seconds before it measures; none with --messages")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", options.seconds, "seconds to measure")->check(CLI::PositiveNumber);
  app.add_option("--messages", options.messages, "end after so many messages (closed loop)");
  app.add_option("--seed", options.seed, "of the open loop's arrivals");
}

}  // namespace
}  // namespace sealgate::capacity

int main(int argc, char** argv) {
  CLI::App app("Sends mail by SMTP and measures.", "sealgate-load");
  sealgate::capacity::LoadOptions options;
  sealgate::capacity::add_options(app, options);
  try {
    app.parse(argc, argv);
    sealgate::capacity::Load load(options);
    const nlohmann::ordered_json report = load.run();
    std::cout << report << std::endl;
    return report["accepted_total"] == 0 ? 1 : 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "sealgate-load: " << error.what() << '\n';
    return 1;
  }
}
