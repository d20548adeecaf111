// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ctime>
#include <iostream>
#include <iterator>
#include <ostream>
#include <sysexits.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "app/config/file.h"
#include "app/store/snapshot_loader.h"
#include "engine/message/snapshot.h"
#include "engine/policy/policy.h"

namespace sealgate::app {
namespace {

Json json_of(const Problems& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back(Json{{"where", problem.where}, {"text", problem.what}});
  }
  return list;
}

}  // namespace

int run_policy_check(const CommandLine& line, Streams streams) {
  Problems unreadable;
  std::string file;
  if (line.files.empty()) {
    const std::optional<NodeConfig> config = config_of(line, streams);
    if (!config) {
      return EX_CONFIG;
    }
    file = config->policy_file;
  } else {
    file = line.files.front();
  }
  const std::optional<std::string> text =
      read_file(file, engine::policy::kPolicyBytesMax, unreadable);
  if (!text) {
    print_problems(unreadable, streams.err);
    return EX_NOINPUT;
  }
  std::vector<engine::policy::Problem> problems;
  const std::optional<engine::policy::Policy> policy =
      engine::policy::Policy::parse(*text, problems);
  Json list = Json::array();
  for (const engine::policy::Problem& problem : problems) {
    const bool is_error = problem.severity == engine::policy::Problem::Severity::Error;
    list.push_back(Json{{"where", problem.where(file)},
                        {"severity", is_error ? "error" : "warning"},
                        {"text", problem.what}});
    if (!line.wants_json) {
      streams.err << problem.where(file) << ": " << (is_error ? "" : "warning: ") << problem.what
                  << "\n";
    }
  }
  if (line.wants_json) {
    print_json(Json{{"file", file},
                    {"is_valid", policy.has_value()},
                    {"problems", list},
                    {"rules", policy ? policy->rule_names() : std::vector<std::string>()}},
               streams.out);
  } else if (policy) {
    streams.out << file << ": good, " << policy->rule_names().size() << " rules\n";
  }
  return policy ? EX_OK : EX_CONFIG;
}

int run_config_check(const CommandLine& line, Streams streams) {
  Problems problems;
  Problems warnings;
  const std::optional<NodeConfig> config =
      load_config(line.config_file, ConfigUse::Daemon, problems);
  if (config) {
    LoadedSnapshot loaded = load_snapshot(*config, 1);
    (loaded.snapshot == nullptr ? problems : warnings) = std::move(loaded.problems);
  }
  if (line.wants_json) {
    print_json(Json{{"file", line.config_file},
                    {"is_valid", problems.empty()},
                    {"problems", json_of(problems)},
                    {"warnings", json_of(warnings)}},
               streams.out);
  } else {
    print_problems(problems, streams.err);
    for (const Problem& warning : warnings) {
      streams.err << "warning: " << warning.text() << "\n";
    }
    if (problems.empty()) {
      streams.out << line.config_file << ": good\n";
    }
  }
  return problems.empty() ? EX_OK : EX_CONFIG;
}

}  // namespace sealgate::app
