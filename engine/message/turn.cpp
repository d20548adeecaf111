// SPDX-License-Identifier: Apache-2.0
#include "engine/message/turn.h"

#include <utility>

namespace sealgate::engine {

std::vector<IoAction> run_turn(Pipeline& pipeline, hsm::KeyQueue& keys, std::vector<IoEvent> events,
                               const std::shared_ptr<const Snapshot>& snapshot, const Now& now) {
  for (IoEvent& event : events) pipeline.accept(std::move(event), snapshot, now);
  for (const hsm::KeyCompletion& completion : keys.poll()) pipeline.resume(completion, now);
  pipeline.work(now);
  pipeline.taken(keys.submit(pipeline.key_operations()));
  pipeline.expire(now);
  return pipeline.output();
}

}  // namespace sealgate::engine
