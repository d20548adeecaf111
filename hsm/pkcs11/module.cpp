// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/module.h"

#include <utility>

#include <p11-kit/p11-kit.h>

#include "hsm/api/errors.h"

namespace sealgate::hsm {
namespace {

// A relative path is looked for in p11-kit's module folder, as in its own configuration files;
// so "libsofthsm2.so" works, and the name of a registered module is tried first.
CK_FUNCTION_LIST* load_registered(const std::string& name) {
  if (name.find('/') != std::string::npos) return nullptr;
  CK_FUNCTION_LIST** const modules = p11_kit_modules_load(nullptr, P11_KIT_MODULE_UNMANAGED);
  if (modules == nullptr) return nullptr;
  CK_FUNCTION_LIST* found = nullptr;
  for (CK_FUNCTION_LIST** each = modules; *each != nullptr; ++each) {
    char* const registered = p11_kit_module_get_name(*each);
    const bool is_named = registered != nullptr && name == registered;
    free(registered);
    if (is_named && found == nullptr) {
      found = *each;
    } else {
      p11_kit_module_release(*each);
    }
  }
  free(modules);  // NOLINT(bugprone-multi-level-implicit-pointer-conversion): the array only.
  return found;
}

// Without CKF_OS_LOCKING_OK two threads in one library crash it: unmanaged means unlocked.
CK_RV initialize(CK_FUNCTION_LIST& functions) {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  return functions.C_Initialize(&arguments);
}

}  // namespace

Result<std::shared_ptr<Module>> Module::load(const std::string& name) {
  if (name.empty()) return kModuleNotLoaded;
  CK_FUNCTION_LIST* functions = load_registered(name);
  if (functions == nullptr) {
    functions = p11_kit_module_load(name.c_str(), P11_KIT_MODULE_UNMANAGED);
  }
  if (functions == nullptr) return kModuleNotLoaded;

  const CK_RV rv = initialize(*functions);
  if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    p11_kit_module_release(functions);
    return Error(kModuleNotInitialized, static_cast<std::int64_t>(rv));
  }
  const Ownership ownership =
      rv == CKR_OK ? Ownership::InitializedHere : Ownership::InitializedElsewhere;
  return std::shared_ptr<Module>(new Module(name, functions, ownership));
}

Module::Module(std::string name, CK_FUNCTION_LIST* functions, Ownership ownership)
    : name_(std::move(name)), functions_(functions), ownership_(ownership) {}

Result<void> Module::initialize_again() {
  if (ownership_ != Ownership::InitializedHere) return {};
  functions_->C_Finalize(nullptr);  // Its answer does not matter: what counts is what comes next.
  const CK_RV rv = initialize(*functions_);
  if (rv != CKR_OK) return Error(kModuleNotInitialized, static_cast<std::int64_t>(rv));
  return {};
}

Module::~Module() {
  if (ownership_ == Ownership::InitializedHere) functions_->C_Finalize(nullptr);
  p11_kit_module_release(functions_);
}

}  // namespace sealgate::hsm
