// SPDX-License-Identifier: Apache-2.0
//
// The client side of one SMTP exchange that sends message after message: what to send for which
// reply. Commands go in one group where the server has PIPELINING. No sockets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealgate::capacity {

class LoadExchange {
 public:
  enum class Step : std::uint8_t {
    Wait,         // For more replies.
    Send,         // commands() has to go out.
    SendContent,  // The content and the final dot have to go out.
    Ready,        // Free for begin_message().
    Finished,     // The message has its answer, outcome(); free for begin_message().
    Over,         // The server has gone wrong or said goodbye.
  };

  // A new connection: waits for the greeting.
  void begin_connection();
  // Requires: Ready or Finished before. commands() are to be sent.
  void begin_message(std::string_view sender, std::span<const std::string> recipients);
  void begin_quit();

  // Takes what came in. Called again with nothing after each Step but Wait.
  Step take(std::string_view bytes);

  // What to send; empty afterwards.
  std::string take_commands();

  // The reply code that decided on the message: of its content, else of what failed first.
  int outcome() const { return outcome_; }

 private:
  enum class State : std::uint8_t { Greeting, Hello, Idle, Envelope, Content, Reset, Quit };

  Step on_reply(int code, std::string_view text);
  Step on_envelope_reply(int code);
  bool take_reply(int& code, std::string& text);

  State state_ = State::Greeting;
  std::string input_;
  std::string output_;
  std::vector<std::string> group_;  // Commands of the envelope.
  std::size_t sent_ = 0;            // How many of them have gone out,
  std::size_t answered_ = 0;        // and been answered.
  bool has_pipelining_ = false;
  int first_failure_ = 0;
  int outcome_ = 0;
};

}  // namespace sealgate::capacity
