// SPDX-License-Identifier: Apache-2.0
//
// Session is one open PKCS#11 session. execute() is the whole of what the data plane asks of a
// token.
//
// Threading: belongs to one thread at a time.
#pragma once

#include <memory>

#include <p11-kit/pkcs11.h>

#include "base/result.h"
#include "hsm/api/key_operation.h"
#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/module.h"
#include "hsm/pkcs11/pin.h"

namespace sealgate::hsm {

// What became of one operation, and whether the session is good for the next.
struct ExecuteResult {
  KeyOutcome outcome = KeyOutcome::TokenUnavailable;
  CK_RV rv = 0;
  bool is_session_lost = false;
  bool is_pin_refused = false;      // The context login of an always-authenticate key.
  bool is_signature_wrong = false;  // The token signed, and the signature does not verify.
};

class Session {
 public:
  Session() = default;  // Closed.
  // `pin` is for keys that want a login for each use; may be null.
  Session(std::shared_ptr<Module> module, CK_SESSION_HANDLE handle, std::shared_ptr<Pin> pin);
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  bool is_open() const { return module_ != nullptr; }
  CK_SESSION_HANDLE handle() const { return handle_; }
  CK_FUNCTION_LIST& functions() const { return module_->functions(); }
  // Forgets the handle without a call: the token is gone, or all its sessions were closed.
  void abandon();

  // Runs one operation with one of the token's keys. A signature is in `output` only if it
  // verified. Requires: is_open().
  ExecuteResult execute(const TokenKey& key, const KeyOperation& operation,
                        InlineBytes<kKeyOutputBytesMax>& output);

 private:
  CK_RV log_in_for_use(const TokenKey& key);
  CK_RV sign(const TokenKey& key, const KeyOperation& operation,
             InlineBytes<kKeyOutputBytesMax>& output);
  CK_RV decrypt(const TokenKey& key, const KeyOperation& operation,
                InlineBytes<kKeyOutputBytesMax>& output);
  CK_RV derive(const TokenKey& key, const KeyOperation& operation,
               InlineBytes<kKeyOutputBytesMax>& output);
  ExecuteResult judge(CK_RV rv, KeyAction action);

  std::shared_ptr<Module> module_;
  CK_SESSION_HANDLE handle_ = 0;
  std::shared_ptr<Pin> pin_;
};

}  // namespace sealgate::hsm
