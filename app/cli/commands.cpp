// SPDX-License-Identifier: Apache-2.0
#include "app/cli/commands.h"

#include <ostream>
#include <sysexits.h>

namespace sealgate::app {

void print_problems(const Problems& problems, std::ostream& to) {
  for (const Problem& problem : problems) {
    to << problem.text() << "\n";
  }
}

std::optional<NodeConfig> config_of(const CommandLine& line, Streams streams) {
  Problems problems;
  std::optional<NodeConfig> config = load_config(line.config_file, ConfigUse::Offline, problems);
  print_problems(problems, streams.err);
  return config;
}

int run_command(const CommandLine& line, Streams streams) {
  switch (line.verb) {
    case Verb::Init:
      return run_init(line, streams);
    case Verb::KeysList:
      return run_keys_list(line, streams);
    case Verb::CertList:
      return run_cert_list(line, streams);
    case Verb::CertAdd:
      return run_cert_add(line, streams);
    case Verb::CertShow:
      return run_cert_show(line, streams);
    case Verb::PolicyCheck:
      return run_policy_check(line, streams);
    case Verb::ConfigCheck:
      return run_config_check(line, streams);
    case Verb::Explain:
      return run_explain(line, streams);
    case Verb::Status:
      return run_status(line, streams);
    case Verb::Doctor:
      return run_doctor(line, streams);
  }
  return EX_SOFTWARE;
}

}  // namespace sealgate::app
