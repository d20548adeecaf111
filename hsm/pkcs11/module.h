// SPDX-License-Identifier: Apache-2.0
//
// Module is one loaded and initialised PKCS#11 library. Loaded through p11-kit as unmanaged:
// the calls go straight to the library.
//
// Threading: functions() may be used by any thread (the library is told to lock for itself).
// Invariants: C_Finalize is called when the last owner is gone, if this process initialised
// the library; so owners go before OpenSSL's own exit handlers run, that is before main() ends.
#pragma once

#include <memory>
#include <string>

#include <p11-kit/pkcs11.h>

#include "base/result.h"

namespace sealgate::hsm {

class Module {
 public:
  // `name` is a path (it contains '/') or a name registered with p11-kit. Fails with
  // kModuleNotLoaded or kModuleNotInitialized.
  static Result<std::shared_ptr<Module>> load(const std::string& name);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // C_Finalize and C_Initialize again: the only way in which some libraries notice that a token
  // is back. Requires: no other thread uses the library, and no session is open. Does nothing
  // where this process did not initialise it. Fails with kModuleNotInitialized.
  Result<void> initialize_again();

  CK_FUNCTION_LIST& functions() const { return *functions_; }
  const std::string& name() const { return name_; }

 private:
  enum class Ownership : std::uint8_t { InitializedHere, InitializedElsewhere };
  Module(std::string name, CK_FUNCTION_LIST* functions, Ownership ownership);

  std::string name_;
  CK_FUNCTION_LIST* functions_;
  Ownership ownership_;
};

}  // namespace sealgate::hsm
