// SPDX-License-Identifier: Apache-2.0
#include "hsm/dispatch/completing.h"

#include "base/secret.h"
#include "hsm/dispatch/shard_queue.h"

namespace sealgate::hsm {

void finish_job(Job& job, KeyCompletion& completion, TokenShared& shared) {
  completion.tag = job.operation.tag;
  // Counted first: who has polled a completion finds it counted.
  shared.count(shared.operations);
  if (completion.outcome != KeyOutcome::Done) shared.count(shared.failures);
  if (completion.outcome == KeyOutcome::DeadlinePassed) shared.count(shared.deadlines_passed);
  job.queue->complete(completion);
  wipe_bytes(MutableBytes(completion.output.bytes).first(completion.output.size));
}

}  // namespace sealgate::hsm
