// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <sysexits.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/cli/tokens.h"

namespace sealgate::app {
namespace {

std::string usage_of(const hsm::KeyReport& key) {
  std::string text;
  const auto add = [&](bool may, const char* what) {
    if (may) {
      text += (text.empty() ? "" : ", ") + std::string(what);
    }
  };
  add(key.may_sign, "signs");
  add(key.may_decrypt, "decrypts");
  add(key.may_derive, "agrees");
  return text.empty() ? "may do nothing" : text;
}

Json json_of(const hsm::KeyReport& key) {
  return Json{{"uri", key.uri},
              {"label", key.label},
              {"key_id", to_hex(key.id.digest)},
              {"type", hsm::name_of(key.type)},
              {"bits", key.bits},
              {"may_sign", key.may_sign},
              {"may_decrypt", key.may_decrypt},
              {"may_derive", key.may_derive},
              {"is_sensitive", key.is_sensitive},
              {"is_extractable", key.is_extractable},
              {"always_authenticate", key.always_authenticate}};
}

void print_key(const hsm::KeyReport& key, std::ostream& out) {
  out << "  " << printable(key.label) << "  " << hsm::name_of(key.type) << " " << key.bits << "  "
      << usage_of(key) << "\n      id  " << to_hex(key.id.digest) << "\n      uri " << key.uri
      << "\n";
  if (key.is_extractable || !key.is_sensitive) {
    out << "      WARNING: the private key can leave the token\n";
  }
  if (key.always_authenticate) {
    out << "      every use costs a login of its own\n";
  }
}

}  // namespace

int run_keys_list(const CommandLine& line, Streams streams) {
  const std::optional<NodeConfig> config = config_of(line, streams);
  if (!config) {
    return EX_CONFIG;
  }
  if (config->tokens.empty()) {
    streams.err << line.config_file << ": there is no [[tokens]]\n";
    return EX_CONFIG;
  }
  Json all = Json::array();
  int exit_code = EX_OK;
  for (const TokenConfig& configured : config->tokens) {
    const Result<std::unique_ptr<hsm::Token>> token = open_token(configured.settings);
    if (!token) {
      streams.err << configured.settings.uri << ": " << explain_error(token.error()) << "\n";
      exit_code = EX_UNAVAILABLE;
      continue;
    }
    Json keys = Json::array();
    if (!line.wants_json) {
      streams.out << configured.settings.uri << " (" << configured.settings.module << ")\n";
    }
    const std::shared_ptr<const hsm::KeyTable> table = token.value()->keys();
    for (const hsm::TokenKey& key : table->keys()) {
      keys.push_back(json_of(key.report));
      if (!line.wants_json) {
        print_key(key.report, streams.out);
      }
    }
    all.push_back(Json{{"token", configured.settings.uri},
                       {"module", configured.settings.module},
                       {"keys", std::move(keys)}});
  }
  if (line.wants_json) {
    print_json(all, streams.out);
  }
  return exit_code;
}

}  // namespace sealgate::app
