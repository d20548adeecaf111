// SPDX-License-Identifier: Apache-2.0
//
// The one way in which a job ends.
#pragma once

#include "hsm/dispatch/batch_window.h"
#include "hsm/dispatch/token_shared.h"

namespace sealgate::hsm {

// Counts the job, gives `completion` its tag, hands it to the job's queue and wipes both.
void finish_job(Job& job, KeyCompletion& completion, TokenShared& shared);

}  // namespace sealgate::hsm
