// SPDX-License-Identifier: Apache-2.0
//
// One line for one event on standard error, key=value, as journald and grep want it:
//   event=listening address=127.0.0.1:10025 shard=0
//
// Threading: any thread; a line is one write. Not for shard threads while they work: a full pipe
// blocks.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sealgate::app {

// The numbers of syslog(3), which journald reads from "<3>" at the start of a line.
enum class LogLevel : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6 };

struct LogField {
  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, std::uint64_t number)
      : name(field_name), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

// The line without its end; control characters and quotes are escaped.
std::string log_line(std::string_view event, std::initializer_list<LogField> fields);

// "netio.listen_failed: The listener ... (98)": what is shown of an Error.
std::string text_of(const Error& error);

}  // namespace sealgate::app
