// SPDX-License-Identifier: Apache-2.0
//
// Opens the configured listeners on every shard: sockets that systemd handed over where their
// address fits, else our own.
#pragma once

#include <memory>
#include <vector>

#include "app/config/node_config.h"
#include "app/sealgated/shard.h"

namespace sealgate::app {

// The endpoints in the order of config.listeners, with the ports that the kernel chose for 0.
// Nothing where one could not be opened; `problems` says which and why.
std::optional<std::vector<netio::Endpoint>> open_listeners(
    const NodeConfig& config, const std::vector<std::unique_ptr<Shard>>& shards,
    Problems& problems);

}  // namespace sealgate::app
