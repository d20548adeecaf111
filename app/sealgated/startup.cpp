// SPDX-License-Identifier: Apache-2.0
#include "app/sealgated/startup.h"

#include <algorithm>
#include <set>
#include <sysexits.h>

#include "app/sealgated/log.h"
#include "engine/message/snapshot.h"

namespace sealgate::app {

Result<std::unique_ptr<hsm::Dispatcher>> open_tokens(const NodeConfig& config) {
  hsm::DispatcherSettings settings;
  for (const TokenConfig& token : config.tokens) {
    settings.tokens.push_back(token.settings);
  }
  settings.batch_operations_max = config.hsm.batch_operations_max;
  settings.batch_delay_max = config.hsm.batch_delay_max;
  settings.recovery_pause_min = config.hsm.recovery_pause_min;
  settings.recovery_pause_max = config.hsm.recovery_pause_max;
  return hsm::Dispatcher::create(settings);
}

bool check_tokens(const NodeConfig& config, const hsm::Dispatcher& dispatcher,
                  StartFailure& failure) {
  const std::vector<hsm::TokenStatus> tokens = dispatcher.status();
  bool may_start = true;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const hsm::TokenStatus& token = tokens[i];
    if (token.state == hsm::TokenState::Ready || token.error == nullptr) {
      continue;
    }
    const std::string where = config.tokens[i].place + ": token " + token.uri;
    const std::string what = text_of(Error(*token.error, token.detail));
    if (token.state == hsm::TokenState::Refused ||
        token.error->error_class == ErrorClass::Misconfigured) {
      failure.exit_code = token.state == hsm::TokenState::Refused ? EX_NOPERM : EX_CONFIG;
      failure.problems.push_back(Problem{where, what});
      may_start = false;
    } else {
      log_event(LogLevel::Warning, "token_absent",
                {{"token", token.uri},
                 {"reason", what},
                 {"text", "starting without it; mail that needs its keys is answered 451"}});
    }
  }
  return may_start;
}

namespace {

std::set<hsm::KeyId> keys_seen(const hsm::Dispatcher& dispatcher) {
  std::set<hsm::KeyId> seen;
  for (const hsm::KeyReport& key : dispatcher.keys()) {
    seen.insert(key.id);
  }
  return seen;
}

}  // namespace

Problems missing_keys(const engine::Snapshot& snapshot, const hsm::Dispatcher& dispatcher) {
  const std::set<hsm::KeyId> known = keys_seen(dispatcher);
  const std::vector<hsm::TokenStatus> tokens = dispatcher.status();
  const bool is_complete = std::all_of(tokens.begin(), tokens.end(), [](const auto& token) {
    return token.state == hsm::TokenState::Ready;
  });
  Problems problems;
  for (const engine::trust::Identity& identity : snapshot.identities()) {
    if (known.contains(identity.certificate->key_id())) {
      continue;
    }
    Problem problem{identity.origin, "no token holds the private key of this identity (" +
                                         identity.certificate->name() +
                                         "); see `sealgate keys list`, or remove the certificate"};
    if (is_complete) {
      problems.push_back(std::move(problem));
    } else {
      log_event(LogLevel::Warning, "identity_key_not_seen",
                {{"identity", problem.where}, {"text", problem.what}});
    }
  }
  return problems;
}

void warn_of_missing_retired_keys(const engine::Snapshot& snapshot,
                                  const hsm::Dispatcher& dispatcher) {
  const std::set<hsm::KeyId> known = keys_seen(dispatcher);
  for (const engine::trust::OpeningKey& key : snapshot.opening_keys().keys()) {
    if (key.is_retired && !known.contains(key.certificate->key_id())) {
      log_event(LogLevel::Warning, "retired_key_not_seen",
                {{"certificate", key.origin},
                 {"text", "no token holds the private key of " + key.certificate->name() +
                              "; mail sealed to it cannot be opened"}});
    }
  }
}

int exit_code_for(const Error& error) {
  switch (error.kind().error_class) {
    case ErrorClass::Misconfigured:
      return EX_CONFIG;
    case ErrorClass::InvalidInput:
    case ErrorClass::Refused:
      return EX_DATAERR;
    case ErrorClass::Unavailable:
      return EX_UNAVAILABLE;
    case ErrorClass::Exhausted:
      return EX_OSERR;
  }
  return EX_SOFTWARE;
}

}  // namespace sealgate::app
