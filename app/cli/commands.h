// SPDX-License-Identifier: Apache-2.0
//
// The commands of `sealgate`. Each writes its result to `out` (text for people, or JSON), says
// what is wrong on `err`, and returns an exit code of sysexits.h.
#pragma once

#include <iosfwd>
#include <optional>

#include "app/cli/command_line.h"
#include "app/config/node_config.h"

namespace sealgate::app {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

int run_command(const CommandLine& line, Streams streams);

int run_init(const CommandLine& line, Streams streams);
int run_keys_list(const CommandLine& line, Streams streams);
int run_cert_list(const CommandLine& line, Streams streams);
int run_cert_add(const CommandLine& line, Streams streams);
int run_cert_show(const CommandLine& line, Streams streams);
int run_policy_check(const CommandLine& line, Streams streams);
int run_config_check(const CommandLine& line, Streams streams);
int run_explain(const CommandLine& line, Streams streams);
int run_status(const CommandLine& line, Streams streams);
int run_doctor(const CommandLine& line, Streams streams);

// The configuration, or nothing after its problems went to `err`.
std::optional<NodeConfig> config_of(const CommandLine& line, Streams streams);

void print_problems(const Problems& problems, std::ostream& to);

}  // namespace sealgate::app
