// SPDX-License-Identifier: Apache-2.0
//
// Tells systemd how the service is doing (sd_notify(3)): one datagram to $NOTIFY_SOCKET.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sealgate::app {

// For example "READY=1\nSTATUS=...". Nothing happens where no supervisor waits.
void notify_supervisor(std::string_view state);

// How often the supervisor wants a sign of life: half of $WATCHDOG_USEC.
std::optional<Duration> watchdog_pause();

}  // namespace sealgate::app
