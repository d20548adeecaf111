// SPDX-License-Identifier: Apache-2.0
//
// NSS's softoken as an ordinary PKCS#11 module: a second token that is not ours. Softoken wants to
// be told its database by a field of C_Initialize's arguments that PKCS#11 reserves; here the
// folder comes from the variable SEALGATE_NSS_DATABASE.
#include <cstdlib>
#include <dlfcn.h>
#include <string>

#include <p11-kit/pkcs11.h>

namespace {

// NSS's own CK_C_INITIALIZE_ARGS (nss/pkcs11t.h), with one field more than PKCS#11's.
struct NssInitializeArgs {
  void* create_mutex;
  void* destroy_mutex;
  void* lock_mutex;
  void* unlock_mutex;
  CK_FLAGS flags;
  char* library_parameters;
  void* reserved;
};

CK_FUNCTION_LIST functions{};  // Softoken's, but for one.
CK_C_Initialize initialize_softoken = nullptr;

CK_RV initialize(void*) {
  const char* const folder = std::getenv("SEALGATE_NSS_DATABASE");
  if (folder == nullptr) return CKR_ARGUMENTS_BAD;
  std::string parameters = std::string("configDir='sql:") + folder +
                           "' certPrefix='' keyPrefix='' secmod='secmod.db' flags=";
  NssInitializeArgs arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  arguments.library_parameters = parameters.data();
  return initialize_softoken(&arguments);
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  // Kept for the process: NSS does not stand being unloaded.
  void* const library = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  if (library == nullptr) return CKR_GENERAL_ERROR;
  const auto real = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "NSC_GetFunctionList"));
  CK_FUNCTION_LIST* softoken = nullptr;
  if (real == nullptr || real(&softoken) != CKR_OK) return CKR_GENERAL_ERROR;
  functions = *softoken;
  initialize_softoken = softoken->C_Initialize;
  functions.C_Initialize = initialize;
  *list = &functions;
  return CKR_OK;
}
