// SPDX-License-Identifier: Apache-2.0
//
// The commands that the server knows.
#pragma once

#include <cstdint>
#include <string_view>

namespace sealgate::netio {

enum class Verb : std::uint8_t {
  Ehlo,
  Helo,
  Lhlo,
  Mail,
  Rcpt,
  Data,
  Bdat,
  Rset,
  Noop,
  Vrfy,
  Help,
  Quit,
  Xforward,
  Known,    // A command of SMTP that is not offered here.
  Unknown,  // Anything else.
};

struct Command {
  Verb verb = Verb::Unknown;
  std::string_view argument;  // Without the space in front; a view of the line.
};

Command parse_command(std::string_view line);

}  // namespace sealgate::netio
