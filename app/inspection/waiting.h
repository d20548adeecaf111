// SPDX-License-Identifier: Apache-2.0
//
// Waiting for a descriptor with an end to the patience.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace sealgate::app {

struct Patience {
  TimePoint until;           // CLOCK_MONOTONIC.
  int stop_descriptor = -1;  // Ends every wait once it is readable; -1: none.
};

enum class Waited : std::uint8_t { Ready, TimeIsUp, Stopped };

// Waits for `events` of poll(2). Ready also when the other side is gone: the next call on the
// descriptor tells.
Waited wait_for(int descriptor, std::int16_t events, const Patience& patience);

}  // namespace sealgate::app
