// SPDX-License-Identifier: Apache-2.0
#include "tests/message/pipeline_world.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "base/check.h"
#include "engine/message/turn.h"

namespace sealgate::test_support {

using namespace std::chrono_literals;

void SeededRandom::fill(MutableBytes bytes) {
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(next() >> 32U);
}

std::uint64_t SeededRandom::next() {
  state_ ^= state_ << 13U;
  state_ ^= state_ >> 7U;
  state_ ^= state_ << 17U;
  return state_;
}

Cast::Cast(WallTime now) : authority_(now) {
  const WallTime from = now - std::chrono::days(100);
  const WallTime to = now + std::chrono::days(265);
  alice_key_ = keys.generate_key(hsm::KeyAlgorithm::Rsa2048, 0);
  const KeyPointer key = public_key_of(keys.public_key(alice_key_));
  alice_ = authority_.issue(*key, {.address = "alice@example.org",
                                   .not_before = from,
                                   .not_after = to,
                                   .key_usage = "digitalSignature"});
  add_contact("bob@example.net", make_rsa_key(), from, to);
  add_contact("carol@example.net", make_p256_key(), from, to);
  add_contact("erin@example.net", make_rsa_key(), from, to);
  add_contact("dave@example.net", make_p256_key(), from, now - std::chrono::days(1));
}

void Cast::add_contact(const std::string& address, KeyPointer key, WallTime from, WallTime to) {
  Bytes certificate =
      authority_.issue(*key, {.address = address, .not_before = from, .not_after = to});
  contacts_[address] = {.key = std::move(key), .certificate = std::move(certificate)};
}

std::shared_ptr<const engine::Snapshot> Cast::snapshot(const std::string& policy) {
  engine::SnapshotSource source;
  source.generation = 7;
  source.policy_toml = policy;
  source.policy_name = "policy.toml";
  source.anchors.push_back({.der = authority_.certificate(), .origin = "ca.pem", .address = ""});
  source.identities.push_back(
      {.certificate = {.der = alice_, .origin = "alice.pem", .address = ""}, .intermediates = {}});
  for (const auto& [address, contact] : contacts_) {
    source.contacts.push_back(
        {.der = contact.certificate, .origin = address + ".pem", .address = ""});
  }
  std::vector<engine::SnapshotProblem> problems;
  std::shared_ptr<const engine::Snapshot> snapshot = engine::compile_snapshot(source, problems);
  for (const engine::SnapshotProblem& problem : problems) {
    std::cerr << problem.where << ": " << problem.what << "\n";
  }
  SG_CHECK(snapshot != nullptr);
  return snapshot;
}

OpenerKeys Cast::opener(const std::string& address, WallTime at) const {
  OpenerKeys opener;
  opener.authority = authority_.certificate();
  opener.at = at;
  const auto found = contacts_.find(address);
  if (found != contacts_.end()) {
    opener.key = found->second.key.get();
    opener.certificate = found->second.certificate;
  }
  return opener;
}

Cast& shared_cast() {
  static Cast cast(kTestTime);
  return cast;
}

PipelineWorld::PipelineWorld(Options options)
    : pool(SegmentPool::create(options.segments).value()),
      cast(shared_cast()),
      now{.monotonic = TimePoint(1h), .wall = kTestTime},
      random_(1),
      snapshot_(cast.snapshot(options.policy)),
      chunk_(options.chunk) {
  if (options.settings.hostname.empty()) options.settings.hostname = "gate.example.org";
  pipeline = std::make_unique<engine::Pipeline>(options.settings, *pool, random_);
  cast.keys.set_latency_polls(0);
  cast.keys.set_token_away(false);
}

PipelineWorld::~PipelineWorld() {
  // Segments go before their pool.
  events_.clear();
  held_.clear();
  sent.clear();
  pipeline.reset();
  // What the token still owes belongs to nobody any more.
  while (cast.keys.in_flight() > 0) cast.keys.poll();
}

engine::MessageId PipelineWorld::begin(engine::Envelope envelope) {
  const engine::MessageId id{next_id_++};
  events_.emplace_back(engine::MessageBegun{.id = id, .envelope = std::move(envelope)});
  return id;
}

void PipelineWorld::bytes(engine::MessageId id, std::string_view text) {
  while (!text.empty()) {
    SegmentRef segment = pool->take();
    SG_CHECK(!segment.is_null());
    const std::size_t size = std::min({chunk_, text.size(), kSegmentBytes});
    copy_bytes(segment.bytes(), as_bytes(text.substr(0, size)));
    const ByteView view = segment.bytes().first(size);
    events_.emplace_back(
        engine::MessageBytes{.id = id, .bytes = {.owner = std::move(segment), .bytes = view}});
    text.remove_prefix(size);
  }
}

void PipelineWorld::end(engine::MessageId id) {
  events_.emplace_back(engine::MessageEnded{.id = id});
}

void PipelineWorld::abandon(engine::MessageId id) {
  events_.emplace_back(engine::MessageAbandoned{.id = id});
}

engine::MessageId PipelineWorld::send(engine::Envelope envelope, std::string_view text) {
  const engine::MessageId id = begin(std::move(envelope));
  bytes(id, text);
  end(id);
  return id;
}

void PipelineWorld::turn() {
  if (!is_network_silent) {
    std::move(held_.begin(), held_.end(), std::back_inserter(events_));
    held_.clear();
  }
  cast.keys.set_now(now.monotonic);
  std::vector<engine::IoAction> actions =
      engine::run_turn(*pipeline, cast.keys, std::exchange(events_, {}), snapshot_, now);
  for (engine::IoAction& action : actions) {
    if (auto* answer = std::get_if<engine::Answer>(&action)) {
      const bool is_first = answers_.emplace(answer->id.value, *answer).second;
      SG_CHECK(is_first);
    } else {
      deliver(std::move(std::get<engine::Delivery>(action)));
    }
  }
  for (engine::AuditRecord& record : pipeline->audit()) audits.push_back(std::move(record));
  now.monotonic += 1ms;
}

void PipelineWorld::deliver(engine::Delivery delivery) {
  engine::DeliveryFinished finished{.id = delivery.id, .copy = delivery.copy, .results = {}};
  std::string text = delivery.content.text(0, delivery.content.size());
  for (const engine::Recipient& recipient : delivery.recipients) {
    engine::Reply reply{.code = 250, .enhanced = "2.0.0", .text = "ok"};
    std::vector<engine::Reply>& script = replies[recipient.address];
    if (!script.empty()) {
      reply = script.front();
      script.erase(script.begin());
    }
    if (reply.is_positive()) mailboxes_[recipient.address].push_back(text);
    finished.results.push_back(
        {.address = recipient.address, .reply = reply, .next_hop = "mx.example.net:25"});
  }
  delivery.content.clear();
  sent.push_back({.delivery = std::move(delivery), .text = std::move(text)});
  held_.emplace_back(std::move(finished));
}

void PipelineWorld::settle() {
  for (int quiet = 0; quiet < 3; ++quiet) {
    const bool has_results = !held_.empty() && !is_network_silent;
    const bool is_busy = !events_.empty() || has_results || pipeline->has_work() ||
                         !pipeline->key_operations().empty() || cast.keys.in_flight() > 0;
    if (is_busy) quiet = 0;
    turn();
  }
}

void PipelineWorld::pass(Duration time) {
  now.monotonic += time;
  now.wall += std::chrono::duration_cast<std::chrono::seconds>(time);
  settle();
}

const engine::Answer* PipelineWorld::answer(engine::MessageId id) const {
  const auto found = answers_.find(id.value);
  return found == answers_.end() ? nullptr : &found->second;
}

std::string PipelineWorld::answer_text(engine::MessageId id) const {
  const engine::Answer* found = answer(id);
  if (found == nullptr) return "no answer";
  std::string text;
  for (const engine::Reply& reply : found->replies) {
    if (!text.empty()) text += " | ";
    text += std::to_string(reply.code) + " " + reply.enhanced + " " + reply.text;
  }
  return text;
}

std::vector<std::string> PipelineWorld::mailbox(const std::string& address) const {
  const auto found = mailboxes_.find(address);
  return found == mailboxes_.end() ? std::vector<std::string>() : found->second;
}

OpenedMail PipelineWorld::open(const Sent& copy, const std::string& address) const {
  return open_mail(copy.text, cast.opener(address, now.wall));
}

engine::Envelope envelope(const std::string& sender, const std::vector<std::string>& recipients) {
  engine::Envelope envelope;
  envelope.sender = sender;
  envelope.client_address = "192.0.2.1";
  envelope.client_helo = "client.example.org";
  for (const std::string& address : recipients) {
    engine::Recipient recipient;
    recipient.address = address;
    envelope.recipients.push_back(std::move(recipient));
  }
  return envelope;
}

std::string plain_mail(const std::string& to, const std::string& body) {
  return "From: Alice <alice@example.org>\r\nTo: " + to +
         "\r\nSubject: hello\r\nDate: Mon, 21 Sep 2026 14:13:00 +0000\r\n"
         "Message-ID: <1@example.org>\r\n\r\n" +
         body;
}

}  // namespace sealgate::test_support
