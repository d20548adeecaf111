// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>
#include <string>
#include <sysexits.h>
#include <vector>

#include "app/cli/commands.h"

int main(int argc, char** argv) {
  // The border of the libraries that throw: what comes through here is a fault of ours.
  try {
    const sealgate::app::ParsedCommandLine parsed =
        sealgate::app::parse_command_line(std::vector<std::string>(argv + 1, argv + argc));
    if (!parsed.command) {
      (parsed.exit_code == EX_OK ? std::cout : std::cerr) << parsed.text;
      return parsed.exit_code;
    }
    return sealgate::app::run_command(*parsed.command, {std::cout, std::cerr});
  } catch (const std::exception& error) {
    std::cerr << "sealgate: " << error.what() << "\n";
    return EX_SOFTWARE;
  }
}
