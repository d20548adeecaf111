// SPDX-License-Identifier: Apache-2.0
//
// The gateway's peers: clients that send their messages until they are told a final answer, and
// next hops that take or refuse mail as the seed says.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tests/message/pipeline_world.h"
#include "tests/sim/fake_network.h"
#include "tests/sim/ledger.h"

namespace sealgate::sim {

// Splits what arrives into lines.
class LineBuffer {
 public:
  void add(std::string_view bytes) { text_ += bytes; }
  // The next whole line without its CRLF. False if there is none.
  bool take(std::string& line);

 private:
  std::string text_;
};

struct Chances {                      // Of one thousand.
  std::uint32_t recipient_gone = 0;   // 550 to RCPT.
  std::uint32_t recipient_later = 0;  // 450 to RCPT.
  std::uint32_t content_refused = 0;  // 554 after the content.
  std::uint32_t content_later = 0;    // 451 after the content.
  std::uint32_t hop_unreachable = 0;  // The connection is refused.
  std::uint32_t hop_lost = 0;         // Breaks at a command.
  std::uint32_t hop_lost_at_end = 0;  // Breaks after the content, taken or not.
  std::uint32_t client_lost = 0;      // Breaks while the content is sent or the answer due.
};

// How the checker is checked: a fault of the environment that it must find.
enum class Plant : std::uint8_t {
  Nothing,
  LostCopy,        // A next hop says 250 and throws the copy away.
  ClearCopy,       // A copy that was to be encrypted is replaced by the message as it came.
  DoubleDelivery,  // A next hop takes a copy twice.
  DoubleAnswer,    // The token completes an operation twice.
};

// What peers share.
struct Stage {
  FakeNetwork& network;
  Ledger& ledger;
  test_support::SeededRandom& random;
  Chances chances;
  Plant plant = Plant::Nothing;
  TimePoint now{};

  bool happens(std::uint32_t of_thousand) { return random.next() % 1000 < of_thousand; }
};

// One connection to a next hop, from the next hop's side.
class NextHopPeer final : public Peer {
 public:
  NextHopPeer(Stage& stage, netio::ConnectionId id) : stage_(stage), id_(id) {}
  void opened() override;
  void take(std::string_view bytes) override;
  void closed() override { is_closed_ = true; }

 private:
  void command(const std::string& line);
  void content_line(const std::string& line);
  void end_of_content();
  void reply(const std::string& text) { stage_.network.write(id_, text + "\r\n"); }

  Stage& stage_;
  netio::ConnectionId id_;
  LineBuffer lines_;
  bool is_closed_ = false;
  bool is_content_ = false;
  std::vector<std::string> addresses_;
  std::string content_;
};

// A client that sends one message after the other, each until it has a final answer.
class ClientPeer final : public Peer {
 public:
  ClientPeer(Stage& stage, bool speaks_lmtp) : stage_(stage), speaks_lmtp_(speaks_lmtp) {}
  void add(std::uint32_t message) { waiting_.push_back(message); }
  bool speaks_lmtp() const { return speaks_lmtp_; }
  bool is_done() const { return waiting_.empty() && step_ == Step::Idle; }
  // Begins the next attempt where its time has come.
  void act();
  // When act() has something to do; never if nothing is left.
  TimePoint next_act() const;

  void opened() override {}
  void take(std::string_view bytes) override;
  void closed() override;

 private:
  enum class Step : std::uint8_t { Idle, Greeting, Hello, Envelope, Data, Content };

  void take_reply(std::uint32_t code);
  void send_envelope();
  void take_envelope_reply(std::uint32_t code);
  void take_final_reply(std::uint32_t code);
  void attempt_failed(std::uint32_t code);
  void leave();
  void finish(Ending ending);
  SimMessage& current() { return stage_.ledger.message(waiting_.front()); }

  Stage& stage_;
  bool speaks_lmtp_;
  netio::ConnectionId connection_;
  Step step_ = Step::Idle;
  LineBuffer lines_;
  std::vector<std::uint32_t> waiting_;
  TimePoint again_at_{};
  std::size_t replies_due_ = 0;
  std::size_t reply_index_ = 0;
  std::vector<std::size_t> asked_;  // Indices of the recipients in this attempt.
  std::vector<std::size_t> taken_;  // ... that got a positive reply to RCPT.
  std::uint32_t worst_ = 0;
};

}  // namespace sealgate::sim
