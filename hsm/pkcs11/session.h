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
#include "hsm/pkcs11/execute_result.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/module.h"
#include "hsm/pkcs11/pin.h"
#include "hsm/pkcs11/private_key_calls.h"

namespace sealgate::hsm {

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

  // For whoever asks the token itself. Requires: is_open(), which holds while that is used.
  PrivateKeyCalls calls() const;

  // Runs one operation with one of the token's keys. A signature is in `output` only if it
  // verified; see KeyAction for decryption. Requires: is_open(), and a key_bytes that fits the
  // action.
  ExecuteResult execute(const TokenKey& key, const KeyOperation& operation,
                        InlineBytes<kKeyOutputBytesMax>& output);

 private:
  ExecuteResult sign(const TokenKey& key, const KeyOperation& operation,
                     InlineBytes<kKeyOutputBytesMax>& output);

  std::shared_ptr<Module> module_;
  CK_SESSION_HANDLE handle_ = 0;
  std::shared_ptr<Pin> pin_;
};

}  // namespace sealgate::hsm
