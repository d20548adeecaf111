// SPDX-License-Identifier: Apache-2.0
//
// The one place where the data plane's clocks are read.
#pragma once

#include "base/clock.h"

namespace sealgate::app {

TimePoint monotonic_now();
Now read_clock();

}  // namespace sealgate::app
