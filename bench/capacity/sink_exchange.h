// SPDX-License-Identifier: Apache-2.0
//
// The server side of one SMTP exchange that takes everything: it counts, and follows a script of
// temporary failures. No sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealgate::capacity {

struct SinkCounts {
  std::uint64_t connections = 0;
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;  // Of the messages taken.
  std::uint64_t bytes = 0;       // Content as received, without the final dot.
  std::uint64_t tempfails = 0;
  // Commands seen: what the script of failures counts by.
  std::uint64_t rcpt_commands = 0;
  std::uint64_t contents = 0;

  void add(const SinkCounts& other);
};

struct SinkScript {
  std::uint64_t tempfail_rcpt_every = 0;  // 451 for every n-th RCPT; 0 for none.
  std::uint64_t tempfail_data_every = 0;  // 451 for every n-th content.
};

class SinkExchange {
 public:
  SinkExchange(const SinkScript& script, SinkCounts& counts) : script_(&script), counts_(&counts) {}

  static std::string_view greeting() { return "220 sink.example ESMTP\r\n"; }

  // Takes what came in, in pieces of any size, and appends what to answer.
  void take(std::string_view bytes, std::string& replies);

  // QUIT was answered.
  bool is_over() const { return is_over_; }

  // Keep contents: `taken` becomes the content of the last message that was taken, without
  // dot-stuffing. Null to stop.
  void keep(std::string* taken) { kept_ = taken; }

 private:
  enum class State : std::uint8_t { Command, Content, Chunk };

  std::size_t take_command(std::string_view bytes, std::string& replies);
  std::size_t take_content(std::string_view bytes, std::string& replies);
  std::size_t take_chunk(std::string_view bytes, std::string& replies);
  void answer(std::string_view line, std::string& replies);
  void answer_recipient(std::string& replies);
  void begin_chunk(std::string_view line);
  void finish_message(std::string& replies);
  bool step(char next);

  const SinkScript* script_;
  SinkCounts* counts_;
  State state_ = State::Command;
  bool is_over_ = false;
  std::string line_;  // A command that has not ended yet.
  std::uint64_t recipients_ = 0;
  int matched_ = 0;            // How much of CRLF.CRLF has just been read.
  std::uint64_t content_ = 0;  // Bytes of content so far.
  std::uint64_t chunk_left_ = 0;
  bool is_last_chunk_ = false;
  bool is_chunked_ = false;
  std::string* kept_ = nullptr;
  std::string content_kept_;
};

}  // namespace sealgate::capacity
