// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/log.h"

#include <cstdlib>
#include <unistd.h>

namespace sealgate::app {
namespace {

bool needs_quotes(std::string_view value) {
  if (value.empty()) {
    return true;
  }
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return false;
}

void append_value(std::string& line, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (!needs_quotes(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\x";
      line += kHex[byte >> 4U];
      line += kHex[byte & 15U];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

std::string log_line(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = "event=";
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  static const bool is_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::string line;
  if (is_journal) {
    line = "<" + std::to_string(static_cast<int>(level)) + ">";
  }
  line += log_line(event, fields);
  line += '\n';
  const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // There is nobody left to tell.
}

std::string text_of(const Error& error) {
  std::string text(error.kind().name);
  text += ": ";
  text += error.kind().text;
  if (error.detail() != 0) {
    text += " (" + std::to_string(error.detail()) + ")";
  }
  return text;
}

}  // namespace sealgate::app
