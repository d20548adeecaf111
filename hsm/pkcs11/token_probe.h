// SPDX-License-Identifier: Apache-2.0
//
// Finds out what a token is and can do, by asking and by trying.
#pragma once

#include "base/result.h"
#include "hsm/api/token_report.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/module.h"
#include "hsm/pkcs11/session.h"

namespace sealgate::hsm {

// Uses private keys: signs random digests, and decrypts what it encrypted itself. Fails with
// kTokenUnavailable.
Result<TokenReport> probe_token(Module& module, CK_SLOT_ID slot, Session& session,
                                const KeyTable& keys);

}  // namespace sealgate::hsm
