// SPDX-License-Identifier: Apache-2.0
//
// Replies on the wire (RFC 5321, 4.2; RFC 2034): how ours are written and a next hop's are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/api/mail_io.h"

namespace sealgate::netio {

// RFC 5321, 4.5.3.1.5: a reply line has 512 octets; what is longer is cut.
inline constexpr std::size_t kReplyTextBytesMax = 450;
inline constexpr std::size_t kReplyLinesMax = 100;

// `reply` in lines with their CR LF. Characters that a reply must not hold become '?'; a code
// outside 200 to 599 becomes 451.
std::string format_reply(const engine::Reply& reply);

// The one place where an Error becomes SMTP.
engine::Reply reply_for(const Error& error);

// ReplyReader puts the lines of a next hop's reply together. What comes from there ends in the
// replies of our clients and in logs, so it is bounded and cleaned.
class ReplyReader {
 public:
  enum class Outcome : std::uint8_t { NeedMore, Complete, Malformed };

  // `line` without its line end.
  Outcome add(std::string_view line);
  // Requires: add() has just returned Complete. `enhanced` is as the next hop gave it, or the
  // least specific code of the reply's class.
  const engine::Reply& reply() const { return reply_; }
  bool is_inside() const { return lines_ > 0; }

 private:
  engine::Reply reply_;
  std::size_t lines_ = 0;
};

// `text` with everything that is not printable UTF-8 replaced by '?', cut to `bytes_max`.
std::string clean_text(std::string_view text, std::size_t bytes_max);

}  // namespace sealgate::netio
