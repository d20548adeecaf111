// SPDX-License-Identifier: Apache-2.0
//
// What sealgate-scan does from its start to its end, but for the scan itself.
#pragma once

#include "app/inspection/scan/worker.h"

namespace sealgate::app {

// The exit code of main(). Requires: what `scan` needs of files is loaded.
int run_scan_program(const ScanFunction& scan);

}  // namespace sealgate::app
