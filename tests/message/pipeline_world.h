// SPDX-License-Identifier: Apache-2.0
//
// A pipeline with everything around it in memory: an organisation with an identity, contacts
// with keys, a token (FakeKeyQueue), a client and next hops that a test scripts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/segment.h"
#include "engine/message/pipeline.h"
#include "tests/message/mail_opener.h"
#include "tests/message/test_authority.h"
#include "tests/support/fake_key_queue.h"

namespace sealgate::test_support {

// xorshift: the same bytes in each run.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  void fill(MutableBytes bytes) override;
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

struct Contact {
  KeyPointer key;
  Bytes certificate;
};

// Who is who. alice@example.org has an identity of ours; contacts are at example.net:
// bob (RSA), carol (P-256), dave (expired). erin@example.com is unknown.
class Cast {
 public:
  explicit Cast(WallTime now);

  std::shared_ptr<const engine::Snapshot> snapshot(const std::string& policy);
  const Contact& contact(const std::string& address) const { return contacts_.at(address); }
  const Bytes& alice() const { return alice_; }
  hsm::KeyId alice_key() const { return alice_key_; }
  Bytes authority() const { return authority_.certificate(); }
  OpenerKeys opener(const std::string& address, WallTime at) const;

  FakeKeyQueue keys;

 private:
  void add_contact(const std::string& address, KeyPointer key, WallTime from, WallTime to);

  TestAuthority authority_;
  hsm::KeyId alice_key_;
  Bytes alice_;
  std::map<std::string, Contact> contacts_;
};

// One process needs one: keys take long to make.
Cast& shared_cast();

inline constexpr WallTime kTestTime{std::chrono::seconds(1'790'000'000)};

struct Sent {
  engine::Delivery delivery;
  std::string text;
};

class PipelineWorld {
 public:
  struct Options {
    std::string policy;
    engine::PipelineSettings settings;
    std::uint32_t segments = 512;
    std::size_t chunk = 1000;  // How content arrives.
  };
  explicit PipelineWorld(Options options);
  ~PipelineWorld();

  // The next hops' replies for an address, one for each attempt; without, or after the last one:
  // 250.
  std::map<std::string, std::vector<engine::Reply>> replies;
  // Next hops do not answer while this holds.
  bool is_network_silent = false;

  engine::MessageId begin(engine::Envelope envelope);
  void bytes(engine::MessageId id, std::string_view text);
  void end(engine::MessageId id);
  void abandon(engine::MessageId id);
  // All three: begin, bytes, end.
  engine::MessageId send(engine::Envelope envelope, std::string_view text);

  void turn();
  // Turns until the pipeline has nothing to do and nothing waits but time.
  void settle();
  void pass(Duration time);

  // The answer, if there is one.
  const engine::Answer* answer(engine::MessageId id) const;
  // As one text: "250 2.0.0 Delivered as ...".
  std::string answer_text(engine::MessageId id) const;

  std::vector<Sent> sent;  // In the order in which they left.
  // The copies that a next hop has taken for an address.
  std::vector<std::string> mailbox(const std::string& address) const;
  std::vector<engine::AuditRecord> audits;
  OpenedMail open(const Sent& copy, const std::string& address) const;

  std::unique_ptr<SegmentPool> pool;
  Cast& cast;
  std::unique_ptr<engine::Pipeline> pipeline;
  Now now;

 private:
  void deliver(engine::Delivery delivery);

  SeededRandom random_;
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::size_t chunk_;
  std::vector<engine::IoEvent> events_;
  std::vector<engine::IoEvent> held_;  // Results that a silent network keeps.
  std::map<std::uint64_t, engine::Answer> answers_;
  std::map<std::string, std::vector<std::string>> mailboxes_;
  std::uint64_t next_id_ = 1;
};

engine::Envelope envelope(const std::string& sender, const std::vector<std::string>& recipients);

// A plain message from alice with these To and Cc fields.
std::string plain_mail(const std::string& to, const std::string& body);

}  // namespace sealgate::test_support
