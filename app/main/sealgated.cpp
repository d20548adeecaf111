// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <string>
#include <sysexits.h>
#include <unistd.h>

#include "app/config/version.h"
#include "app/sealgated/gateway.h"
#include "app/sealgated/privileges.h"

namespace {

constexpr const char* kUsage =
    "Usage: sealgated [--config FILE]\n"
    "\n"
    "The data plane of the Sealgate S/MIME gateway. It runs in the foreground, logs to standard\n"
    "error and is meant to be started by systemd.\n"
    "\n"
    "  -c, --config FILE   configuration (default /etc/sealgate/sealgate.toml)\n"
    "  -V, --version       print the version\n"
    "  -h, --help          print this text\n"
    "\n"
    "Signals: SIGHUP loads policy and certificates anew; SIGTERM finishes what is in flight.\n"
    "See sealgated(8), sealgate(8), sealgate.toml(5).\n";

void print(int descriptor, const std::string& text) {
  const ssize_t written = write(descriptor, text.data(), text.size());
  static_cast<void>(written);
}

}  // namespace

int main(int argc, char** argv) {
  std::string config_file = sealgate::app::kConfigFileStandard;
  const option options[] = {{"config", required_argument, nullptr, 'c'},
                            {"version", no_argument, nullptr, 'V'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  for (int choice = 0; (choice = getopt_long(argc, argv, "c:Vh", options, nullptr)) != -1;) {
    switch (choice) {
      case 'c':
        config_file = optarg;
        break;
      case 'V':
        print(STDOUT_FILENO, std::string("sealgated ") + sealgate::app::kVersion + "\n");
        return EX_OK;
      case 'h':
        print(STDOUT_FILENO, kUsage);
        return EX_OK;
      default:
        print(STDERR_FILENO, kUsage);
        return EX_USAGE;
    }
  }
  if (optind != argc) {
    print(STDERR_FILENO, kUsage);
    return EX_USAGE;
  }
  sealgate::app::harden_process();
  sealgate::app::block_signals();
  sealgate::app::Gateway gateway(config_file);
  return gateway.run();
}
