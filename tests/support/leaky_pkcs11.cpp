// SPDX-License-Identifier: Apache-2.0
//
// A token that leaks, for tests that have to find it: the module named by SEALGATE_LEAKY_MODULE
// (a path), but without raw RSA, and with a PKCS#1 v1.5 decryption that takes longer where the
// padding is wrong, by SEALGATE_LEAKY_MICROS microseconds (5000 where that is not set). It is what
// D. Bleichenbacher's attack (CRYPTO 1998) needs of a token.
//
// Threading: as the module below.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <thread>

#include <p11-kit/pkcs11.h>

namespace {

constexpr long kMicrosDefault = 5000;

CK_FUNCTION_LIST functions{};  // The real ones, but for those below.
CK_FUNCTION_LIST* real = nullptr;

// Which sessions decrypt with PKCS#1 v1.5.
std::mutex mutex;
std::map<CK_SESSION_HANDLE, bool> is_pkcs1;

CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* types, CK_ULONG* count) {
  const CK_RV rv = real->C_GetMechanismList(slot, types, count);
  // Asked for the number alone, it may be one too many: that is allowed.
  if (rv != CKR_OK || types == nullptr) return rv;
  CK_MECHANISM_TYPE* const end =
      std::remove(types, types + *count, CK_MECHANISM_TYPE{CKM_RSA_X_509});
  *count = static_cast<CK_ULONG>(end - types);
  return CKR_OK;
}

CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* out) {
  if (type == CKM_RSA_X_509) return CKR_MECHANISM_INVALID;
  return real->C_GetMechanismInfo(slot, type, out);
}

CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (mechanism->mechanism == CKM_RSA_X_509) return CKR_MECHANISM_INVALID;
  {
    const std::lock_guard lock(mutex);
    is_pkcs1[session] = mechanism->mechanism == CKM_RSA_PKCS;
  }
  return real->C_DecryptInit(session, mechanism, key);
}

CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE* input, CK_ULONG size, CK_BYTE* out,
              CK_ULONG* out_size) {
  bool is_leaking = false;
  {
    const std::lock_guard lock(mutex);
    is_leaking = is_pkcs1[session];
  }
  const CK_RV rv = real->C_Decrypt(session, input, size, out, out_size);
  if (rv != CKR_OK && is_leaking) {
    const char* const micros = std::getenv("SEALGATE_LEAKY_MICROS");
    const long pause = micros == nullptr ? kMicrosDefault : std::strtol(micros, nullptr, 10);
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
  }
  return rv;
}

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  const char* const path = std::getenv("SEALGATE_LEAKY_MODULE");
  void* const library = path == nullptr ? nullptr : dlopen(path, RTLD_NOW);
  if (library == nullptr) return CKR_GENERAL_ERROR;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
  functions = *real;
  functions.C_GetFunctionList = C_GetFunctionList;
  functions.C_GetMechanismList = get_mechanism_list;
  functions.C_GetMechanismInfo = get_mechanism_info;
  functions.C_DecryptInit = decrypt_init;
  functions.C_Decrypt = decrypt;
  *list = &functions;
  return CKR_OK;
}
