// SPDX-License-Identifier: Apache-2.0
//
// sealgate-scan: started by sealgated, for which it takes messages apart (app/inspection/scan).
// It is of no use to a person.
#include <memory>
#include <string_view>
#include <sysexits.h>
#include <unistd.h>

#include "app/inspection/scan/content_scan.h"
#include "app/inspection/scan/file_types.h"
#include "app/inspection/scan/program.h"

int main() {
  using sealgate::app::FileTypes;
  const std::unique_ptr<FileTypes> types = FileTypes::load();
  if (types == nullptr) {
    constexpr std::string_view kText = "sealgate-scan: libmagic's database cannot be loaded.\n";
    static_cast<void>(!write(STDERR_FILENO, kText.data(), kText.size()));
    return EX_UNAVAILABLE;
  }
  return sealgate::app::run_scan_program(
      [&](sealgate::ByteView message, const sealgate::app::ScanSettings& settings) {
        return sealgate::app::ContentScan(settings, *types).run(message);
      });
}
