// SPDX-License-Identifier: Apache-2.0
#include "netio/smtp/client_facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "netio/smtp/errors.h"
#include "netio/smtp/network_set.h"
#include "netio/smtp/syntax.h"

namespace sealgate::netio {
namespace {

constexpr std::size_t kValueBytesMax = 255;  // Postfix's own limit for one value.
constexpr std::string_view kUnavailable = "[UNAVAILABLE]";

bool read_address(std::string_view value, std::string& into) {
  if (has_prefix_ignoring_case(value, "IPV6:")) value.remove_prefix(5);
  if (!value.empty() && !is_numeric_address(value)) return false;
  into = value;
  return true;
}

bool read_attribute(std::string_view name, const std::string& value,
                    engine::ForwardedClient& client) {
  if (equal_ignoring_case(name, "NAME")) {
    client.name = value;
  } else if (equal_ignoring_case(name, "ADDR")) {
    return read_address(value, client.address);
  } else if (equal_ignoring_case(name, "PROTO")) {
    client.protocol = value;
  } else if (equal_ignoring_case(name, "HELO")) {
    client.helo = value;
  } else if (equal_ignoring_case(name, "IDENT")) {
    client.identity = value;
  } else if (equal_ignoring_case(name, "PORT")) {
    return value.empty() || parse_number(value).value_or(UINT64_MAX) <= UINT16_MAX;
  } else {
    return value.empty() || equal_ignoring_case(value, "LOCAL") ||
           equal_ignoring_case(value, "REMOTE");
  }
  return true;
}

bool is_attribute(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames = {"NAME", "ADDR",  "PORT",  "PROTO",
                                                             "HELO", "IDENT", "SOURCE"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

}  // namespace

Result<void> parse_xforward(std::string_view text, engine::ForwardedClient& client) {
  engine::ForwardedClient changed = client;
  std::size_t count = 0;
  for (auto word = take_word(text); !word.empty(); word = take_word(text), ++count) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos) return kParameterMalformed;
    const std::string_view name = word.substr(0, equals);
    if (!is_attribute(name)) return kParameterUnknown;
    std::optional<std::string> value = decode_xtext(word.substr(equals + 1));
    if (!value || value->size() > kValueBytesMax) return kParameterMalformed;
    if (!is_free_of_controls(*value) || !is_utf8(*value)) return kParameterMalformed;
    if (equal_ignoring_case(*value, kUnavailable) || equal_ignoring_case(*value, "[TEMPUNAVAIL]")) {
      value->clear();
    }
    if (!read_attribute(name, *value, changed)) return kParameterMalformed;
  }
  if (count == 0) return kParameterMalformed;
  client = std::move(changed);
  return {};
}

std::vector<std::string> format_xforward(const engine::ForwardedClient& client,
                                         std::string_view attributes) {
  constexpr std::size_t kCommandBytesMax = 510;  // RFC 5321, 4.5.3.1.4, less CR LF.
  const std::string address =
      client.address.find(':') == client.address.npos ? client.address : "IPV6:" + client.address;
  const std::array<std::pair<std::string_view, const std::string*>, 5> known = {{
      {"NAME", &client.name},
      {"ADDR", &address},
      {"PROTO", &client.protocol},
      {"HELO", &client.helo},
      {"IDENT", &client.identity},
  }};
  std::vector<std::string> commands;
  for (auto offered = take_word(attributes); !offered.empty(); offered = take_word(attributes)) {
    for (const auto& [name, value] : known) {
      if (!equal_ignoring_case(name, offered)) continue;
      std::string word = " " + std::string(name) + "=" +
                         (value->empty() ? std::string(kUnavailable) : encode_xtext(*value));
      if (word.size() > kCommandBytesMax - 8) word = " " + std::string(name) + "=[UNAVAILABLE]";
      if (commands.empty() || commands.back().size() + word.size() > kCommandBytesMax) {
        commands.emplace_back("XFORWARD");
      }
      commands.back() += word;
    }
  }
  return commands;
}

}  // namespace sealgate::netio
