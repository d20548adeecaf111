// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/simulation.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/message/pipeline.h"
#include "engine/message/turn.h"
#include "netio/smtp/mail_service.h"
#include "tests/message/policies.h"
#include "tests/sim/fake_network.h"
#include "tests/sim/ledger.h"
#include "tests/sim/watched_keys.h"

namespace sealgate::sim {
namespace {

using namespace std::chrono_literals;
using test_support::kTestTime;
using test_support::SeededRandom;

constexpr std::uint64_t kTurnsMax = 200'000;
// Faults happen until then; afterwards everything has to come to an end.
constexpr Duration kFaultsEndAfter = 5min;

const char* const kAddresses[] = {"bob@example.net",   "carol@example.net", "erin@example.com",
                                  "frank@example.com", "grace@example.com", "dave@example.net"};

netio::MailServiceSettings mail_settings() {
  netio::MailServiceSettings settings;
  settings.hostname = "gate.example.org";
  for (const bool speaks_lmtp : {false, true}) {
    netio::ListenerSettings listener;
    listener.endpoint = {.address = "192.0.2.1", .port = 25};
    listener.speaks_lmtp = speaks_lmtp;
    listener.relay_networks = {"192.0.2.0/24"};
    settings.listeners.push_back(std::move(listener));
  }
  netio::Route route;
  route.domains = {"*"};
  route.name = "mx.example.net:25";
  route.endpoints = {{.address = "198.51.100.1", .port = 25}};
  route.tls = netio::RouteTls::None;
  route.connections_max = 4;
  settings.routes.push_back(std::move(route));
  return settings;
}

class Simulation {
 public:
  explicit Simulation(const SimOptions& options);
  SimResult run();

 private:
  void choose_limits();
  void choose_faults();
  void add_load();
  SimMessage make_message(std::uint32_t number, bool is_lmtp);
  std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }

  void turn();
  void take_actions(std::vector<engine::IoAction> actions);
  void replace_by_clear_copy(engine::Delivery& delivery);
  void disturb_token();
  void end_faults_in_time();
  void check_turn();
  bool is_over() const;
  std::string standing() const;  // For whoever has to find out why it does not end.
  void advance_clock(bool is_idle);
  void note(std::uint64_t what) { trace_ = (trace_ ^ what) * 1099511628211ULL; }

  SeededRandom random_;
  test_support::Cast& cast_;
  // Its own for each run: what one run has scripted must not reach the next.
  test_support::FakeKeyQueue token_;
  Ledger ledger_;
  engine::PipelineSettings settings_;
  std::unique_ptr<SegmentPool> pool_;
  std::unique_ptr<FakeNetwork> network_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<WatchedKeys> keys_;
  std::unique_ptr<engine::Pipeline> pipeline_;
  std::unique_ptr<netio::MailService> mail_;
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::vector<std::unique_ptr<NextHopPeer>> hops_;
  std::vector<std::unique_ptr<ClientPeer>> clients_;
  std::uint32_t token_trouble_ = 0;
  Now now_{.monotonic = TimePoint(1h), .wall = kTestTime};
  std::uint64_t turns_ = 0;
  std::uint64_t trace_ = 14695981039346656037ULL;
};

Simulation::Simulation(const SimOptions& options)
    : random_(options.seed * 0x9E3779B97F4A7C15ULL + 1),
      cast_(test_support::shared_cast()),
      ledger_(cast_),
      snapshot_(cast_.snapshot(test_support::kKnownPolicy)) {
  token_.add_key_pem(cast_.keys.private_key_pem(cast_.alice_key()));
  for (int i = 0; i < 8; ++i) random_.next();
  choose_limits();
  network_ = std::make_unique<FakeNetwork>(*pool_, random_);
  stage_ = std::make_unique<Stage>(Stage{.network = *network_,
                                         .ledger = ledger_,
                                         .random = random_,
                                         .chances = {},
                                         .plant = options.plant,
                                         .now = now_.monotonic});
  choose_faults();
  keys_ = std::make_unique<WatchedKeys>(token_, *stage_);
  pipeline_ = std::make_unique<engine::Pipeline>(settings_, *pool_, random_);
  mail_ = std::make_unique<netio::MailService>(mail_settings(), *network_, *pool_);
  network_->next_hop = [this](netio::ConnectionId id) -> Peer* {
    if (stage_->happens(stage_->chances.hop_unreachable)) return nullptr;
    hops_.push_back(std::make_unique<NextHopPeer>(*stage_, id));
    return hops_.back().get();
  };
  add_load();
}

void Simulation::choose_limits() {
  const bool is_tiny = below(3) == 0;
  pool_ =
      SegmentPool::create(static_cast<std::uint32_t>(is_tiny ? 16 + below(48) : 200 + below(800)))
          .value();
  settings_.hostname = "gate.example.org";
  settings_.messages_max = static_cast<std::uint32_t>(1 + below(12));
  settings_.bytes_max = below(4) == 0 ? 100'000 : 1U << 30U;
  settings_.segments_reserve = static_cast<std::uint32_t>(below(8));
  settings_.partial_refusal =
      below(2) == 0 ? engine::PartialRefusal::RefuseAll : engine::PartialRefusal::DeliverRest;
  settings_.key_patience = std::chrono::seconds(1 + below(60));
}

void Simulation::choose_faults() {
  token_.set_latency_polls(static_cast<std::uint32_t>(below(20)));
  token_.set_capacity(1 + below(64));
  token_.set_reversed(below(2) == 0);
  const auto chance = [this](std::uint64_t most) {
    return below(2) == 0 ? 0U : static_cast<std::uint32_t>(below(most));
  };
  stage_->chances = {.recipient_gone = chance(200),
                     .recipient_later = chance(300),
                     .content_refused = chance(100),
                     .content_later = chance(300),
                     .hop_unreachable = chance(300),
                     .hop_lost = chance(50),
                     .hop_lost_at_end = chance(100),
                     .client_lost = chance(30)};
  token_trouble_ = chance(20);
}

void Simulation::add_load() {
  const std::uint64_t clients = 1 + below(5);
  for (std::uint64_t i = 0; i < clients; ++i) {
    clients_.push_back(std::make_unique<ClientPeer>(*stage_, below(4) == 0));
  }
  const auto messages = static_cast<std::uint32_t>(3 + below(22));
  for (std::uint32_t number = 1; number <= messages; ++number) {
    ClientPeer& client = *clients_[below(clients)];
    ledger_.add(make_message(number, client.speaks_lmtp()));
    client.add(number);
  }
}

SimMessage Simulation::make_message(std::uint32_t number, bool is_lmtp) {
  SimMessage message;
  message.number = number;
  message.is_lmtp = is_lmtp;
  message.sender = "alice@example.org";
  message.secret = "secret-of-" + std::to_string(number) + "-" + std::to_string(below(1'000'000));
  std::string visible;
  const std::uint64_t known = below(10) == 0 ? 6 : 5;  // dave is refused: not too often.
  for (std::uint64_t i = 0; i < known; ++i) {
    if (below(2) == 0) continue;
    SimRecipient recipient;
    recipient.address = kAddresses[i];
    message.recipients.push_back(recipient);
    if (below(4) != 0) visible += (visible.empty() ? "" : ", ") + recipient.address;
  }
  if (message.recipients.empty()) {
    SimRecipient recipient;
    recipient.address = kAddresses[below(5)];
    message.recipients.push_back(recipient);
  }
  std::string& text = message.text;
  text = "From: alice@example.org\r\nTo: " + (visible.empty() ? "undisclosed:;" : visible) +
         "\r\nX-Sim-Number: " + std::to_string(number) +
         "\r\nDate: Mon, 21 Sep 2026 14:13:00 +0000\r\n";
  if (below(2) == 0) text += "Message-ID: <" + std::to_string(number) + "@sim.example.org>\r\n";
  text += "Subject: simulated\r\n\r\n" + message.secret + "\r\n";
  const std::uint64_t lines = below(4) == 0 ? below(3000) : below(20);
  for (std::uint64_t i = 0; i < lines; ++i) text += "line " + std::string(60, 'x') + "\r\n";
  text += "..\r\n.\r\n";
  return message;
}

void Simulation::disturb_token() {
  if (!stage_->happens(token_trouble_)) return;
  switch (below(4)) {
    case 0:
      return token_.set_token_away(true);
    case 1:
      return token_.fail_operation(below(3), hsm::KeyOutcome::TokenUnavailable, 0);
    case 2:
      return token_.fail_operation(below(3), hsm::KeyOutcome::DeadlinePassed, 0);
    default:
      return token_.set_token_away(false);
  }
}

void Simulation::end_faults_in_time() {
  if (now_.monotonic < TimePoint(1h) + kFaultsEndAfter) return;
  stage_->chances = {};
  token_trouble_ = 0;
  token_.set_token_away(false);
}

void Simulation::replace_by_clear_copy(engine::Delivery& delivery) {
  const std::string header =
      delivery.content.text(0, std::min<std::uint64_t>(2000, delivery.content.size()));
  const std::size_t at = header.find("X-Sim-Number: ");
  if (at == std::string::npos || delivery.sender.empty()) return;
  const auto number = static_cast<std::uint32_t>(std::stoul(header.substr(at + 14, 10)));
  ChainWriter writer(*pool_);
  if (writer.append(ledger_.message(number).text)) delivery.content = writer.take();
}

void Simulation::take_actions(std::vector<engine::IoAction> actions) {
  for (engine::IoAction& action : actions) {
    if (auto* delivery = std::get_if<engine::Delivery>(&action)) {
      note(delivery->content.size());
      const bool is_planted = stage_->plant == Plant::ClearCopy && stage_->happens(100);
      if (is_planted) replace_by_clear_copy(*delivery);
    } else {
      note(std::get<engine::Answer>(action).replies.front().code);
    }
  }
  mail_->submit(std::move(actions), now_.monotonic);
}

void Simulation::turn() {
  ++turns_;
  stage_->now = now_.monotonic;
  end_faults_in_time();
  disturb_token();
  for (const std::unique_ptr<ClientPeer>& client : clients_) client->act();
  const bool has_moved = network_->step();
  const std::span<engine::IoEvent> polled = mail_->poll(now_.monotonic, Duration::zero());
  std::vector<engine::IoEvent> events(std::make_move_iterator(polled.begin()),
                                      std::make_move_iterator(polled.end()));
  token_.set_now(now_.monotonic);
  note(events.size());
  const bool is_idle = !has_moved && events.empty() && !pipeline_->has_work() &&
                       pipeline_->key_operations().empty() && keys_->open_count() == 0;
  take_actions(engine::run_turn(*pipeline_, *keys_, std::move(events), snapshot_, now_));
  pipeline_->audit();
  check_turn();
  advance_clock(is_idle);
}

void Simulation::check_turn() {
  const engine::PipelineCounters& counters = pipeline_->counters();
  const std::uint64_t unanswered = counters.begun - counters.answered - counters.abandoned;
  if (counters.answered + counters.abandoned > counters.begun ||
      unanswered > pipeline_->in_flight()) {
    ledger_.violation("turn " + std::to_string(turns_) + ": a message has vanished");
  }
}

void Simulation::advance_clock(bool is_idle) {
  Duration step = std::chrono::microseconds(100 + below(3000));
  if (is_idle) {
    TimePoint next = now_.monotonic + 1s;
    for (const std::unique_ptr<ClientPeer>& client : clients_) {
      next = std::min(next, client->next_act());
    }
    if (const auto due = mail_->next_due()) next = std::min(next, *due);
    if (const auto due = pipeline_->wake_at()) next = std::min(next, *due);
    // A timer may say that it was due since the beginning of time.
    if (next > now_.monotonic) step = std::max(step, next - now_.monotonic);
  }
  now_.monotonic += step;
  now_.wall =
      kTestTime + std::chrono::duration_cast<std::chrono::seconds>(now_.monotonic - TimePoint(1h));
}

bool Simulation::is_over() const {
  return pipeline_->in_flight() == 0 &&
         std::all_of(clients_.begin(), clients_.end(),
                     [](const std::unique_ptr<ClientPeer>& client) { return client->is_done(); });
}

std::string Simulation::standing() const {
  const netio::MailServiceCounters& mail = mail_->counters();
  return std::to_string((now_.monotonic - TimePoint(1h)) / 1s) + " s, " +
         std::to_string(pipeline_->in_flight()) + " in the pipeline, " +
         std::to_string(keys_->open_count()) + " key operations open, " +
         std::to_string(pool_->free_count()) + " of " + std::to_string(pool_->size()) +
         " buffers free, " + std::to_string(mail.clients_open) + " clients, " +
         std::to_string(mail.next_hops_open) + " next hops, " +
         std::to_string(mail.deliveries_open) + " deliveries and " +
         std::to_string(mail.messages_open) + " messages open";
}

SimResult Simulation::run() {
  while (!is_over() && turns_ < kTurnsMax) turn();
  if (!is_over()) ledger_.violation("it does not come to rest: " + standing());
  // What the token still owes belongs to messages that are over.
  token_.set_latency_polls(0);
  for (int i = 0; i < 100 && keys_->open_count() > 0; ++i) keys_->poll();
  if (keys_->open_count() > 0) ledger_.violation("a key operation never completed");
  ledger_.check_end();

  SimResult result;
  result.turns = turns_;
  result.messages = ledger_.messages().size();
  for (const auto& [number, message] : ledger_.messages()) {
    if (message.ending == Ending::Accepted) ++result.accepted;
  }
  result.copies = ledger_.copies();
  result.key_operations = keys_->count();
  result.reports = pipeline_->counters().reports;
  result.trace = trace_;
  mail_.reset();
  pipeline_.reset();
  network_.reset();
  if (pool_->free_count() != pool_->size()) {
    ledger_.violation("buffers are missing: " +
                      std::to_string(pool_->size() - pool_->free_count()));
  }
  result.violations = ledger_.violations();
  return result;
}

}  // namespace

SimResult run_simulation(const SimOptions& options) {
  Simulation simulation(options);
  return simulation.run();
}

}  // namespace sealgate::sim
