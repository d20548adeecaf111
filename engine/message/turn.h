// SPDX-License-Identifier: Apache-2.0
//
// One turn of the data plane, for the programs and for the simulator alike: the order in which
// a shard serves its pipeline and its key queue.
#pragma once

#include <memory>
#include <vector>

#include "engine/message/pipeline.h"
#include "hsm/api/key_queue.h"

namespace sealgate::engine {

// Feeds `events` in the order given and returns what has to go out. All calls are bounded and
// none blocks.
std::vector<IoAction> run_turn(Pipeline& pipeline, hsm::KeyQueue& keys, std::vector<IoEvent> events,
                               const std::shared_ptr<const Snapshot>& snapshot, const Now& now);

}  // namespace sealgate::engine
