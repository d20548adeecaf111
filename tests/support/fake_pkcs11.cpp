// SPDX-License-Identifier: Apache-2.0
//
// The C interface of the fake module: sessions, login, objects and operations over FakeKey, with
// FakeScript asked before each call.
#include "tests/support/fake_pkcs11.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "base/check.h"
#include "tests/support/fake_pkcs11_key.h"
#include "tests/support/fake_pkcs11_mechanism.h"
#include "tests/support/fake_pkcs11_script.h"

namespace sealgate::test_support {
namespace {

constexpr CK_SLOT_ID kSlot = 7;
constexpr std::uint64_t kPinTries = 3;

struct OpenSession {
  bool may_write = false;
  std::vector<CK_OBJECT_HANDLE> found;
  bool is_finding = false;
  // The operation that was begun: the key, and how.
  std::shared_ptr<const FakeKey> key;
  CK_FLAGS operation = 0;
  FakeScheme scheme;
  bool needs_login = false;
};

struct Module {
  std::mutex mutex;
  bool is_initialized = false;
  FakeScript script;
  bool is_present = true;
  bool is_logged_in = false;
  // Handles change whenever the token comes back, as they may on real ones.
  CK_OBJECT_HANDLE handle_base = 1000;
  CK_SESSION_HANDLE next_session = 1;
  std::map<CK_SESSION_HANDLE, OpenSession> sessions;
  std::map<CK_OBJECT_HANDLE, Bytes> secrets;  // Made by C_DeriveKey.

  void remove_token() {
    is_present = false;
    is_logged_in = false;
    sessions.clear();
    secrets.clear();
  }
  void return_token() {
    is_present = true;
    handle_base += 1000;
  }
};

Module& module() {
  static Module instance;
  return instance;
}

using Lock = std::unique_lock<std::mutex>;

// What stands before each call: the script, and whether there is a token.
CK_RV begin(const char* function) {
  Module& all = module();
  if (!all.is_initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
  const FakeScript::Verdict verdict = all.script.on_call(function);
  if (verdict.removes_token) all.remove_token();
  if (all.script.forgets_login) all.is_logged_in = all.script.forgets_login = false;
  return verdict.rv;
}

CK_RV begin_on_session(const char* function, CK_SESSION_HANDLE handle, OpenSession*& session) {
  const CK_RV rv = begin(function);
  Module& all = module();
  // Found in any case: a call that fails ends its operation too (PKCS#11 2.40, 5.9 and 5.11).
  const auto found = all.sessions.find(handle);
  if (found != all.sessions.end()) session = &found->second;
  if (rv != CKR_OK) return rv;
  if (!all.is_present) return CKR_DEVICE_REMOVED;
  return session == nullptr ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

void fill(unsigned char* field, std::size_t size, std::string_view text) {
  std::fill(field, field + size, static_cast<unsigned char>(' '));
  std::copy_n(text.begin(), std::min(size, text.size()), field);
}

// ---- Objects: key i is private at base + 2 i, public at base + 2 i + 1. ----

struct Object {
  std::shared_ptr<const FakeKey> key;
  bool is_private = false;
};

bool object_at(CK_OBJECT_HANDLE handle, Object& object) {
  Module& all = module();
  if (handle < all.handle_base) return false;
  const std::size_t index = (handle - all.handle_base) / 2;
  if (index >= all.script.keys.size()) return false;
  object.key = std::make_shared<const FakeKey>(all.script.keys[index]);
  object.is_private = (handle - all.handle_base) % 2 == 0;
  return !object.is_private || all.is_logged_in;
}

Bytes flag_bytes(bool value) {
  return {static_cast<std::uint8_t>(value ? CK_TRUE : CK_FALSE)};
}

Bytes number_bytes(CK_ULONG value) {
  Bytes bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return bytes;
}

CK_KEY_TYPE key_type_of(const FakeKey& key) {
  constexpr CK_KEY_TYPE kMontgomery = 0x41;  // PKCS#11 3.0; not in p11-kit's header.
  if (key.is_rsa()) return CKK_RSA;
  return key.is_x25519() ? kMontgomery : CKK_EC;
}

bool attribute_of(const Object& object, CK_ATTRIBUTE_TYPE type, Bytes& value) {
  const FakeKey& key = *object.key;
  const ByteView label = as_bytes(key.label());
  switch (type) {
    case CKA_CLASS:
      value = number_bytes(object.is_private ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY);
      return true;
    case CKA_KEY_TYPE:
      value = number_bytes(key_type_of(key));
      return true;
    case CKA_LABEL:
    case CKA_ID:
      value.assign(label.begin(), label.end());
      return true;
    case CKA_SIGN:
      value = flag_bytes(key.may("sign"));
      return object.is_private;
    case CKA_DECRYPT:
      value = flag_bytes(key.may("decrypt"));
      return object.is_private;
    case CKA_DERIVE:
      value = flag_bytes(key.may("derive"));
      return object.is_private;
    case CKA_SENSITIVE:
      value = flag_bytes(true);
      return object.is_private;
    case CKA_EXTRACTABLE:
      value = flag_bytes(false);
      return object.is_private;
    case CKA_ALWAYS_AUTHENTICATE:
      value = flag_bytes(key.may("always"));
      return object.is_private;
    case CKA_MODULUS:
      if (key.is_rsa()) value = key.modulus();
      return key.is_rsa();
    case CKA_PUBLIC_EXPONENT:
      if (key.is_rsa()) value = key.exponent();
      return key.is_rsa();
    case CKA_EC_PARAMS:
      if (!key.is_rsa()) value = key.ec_parameters();
      return !key.is_rsa();
    case CKA_EC_POINT:
      if (!key.is_rsa()) value = key.ec_point();
      return !key.is_rsa() && !object.is_private;
    default:
      return false;
  }
}

CK_RV copy_out(ByteView value, CK_BYTE* out, CK_ULONG* size) {
  if (out == nullptr) {
    *size = value.size();
    return CKR_OK;
  }
  if (*size < value.size()) return CKR_BUFFER_TOO_SMALL;
  copy_bytes({out, *size}, value);
  *size = value.size();
  return CKR_OK;
}

// ---- Library, slot, token ----

CK_RV initialize(void*) {
  Module& all = module();
  const Lock lock(all.mutex);
  if (all.is_initialized) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
  all.is_initialized = true;
  if (const char* script = std::getenv("FAKE_PKCS11_SCRIPT"); script != nullptr) {
    all.script.apply(script);
  }
  return CKR_OK;
}

CK_RV finalize(void*) {
  Module& all = module();
  const Lock lock(all.mutex);
  if (!all.is_initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
  all.is_initialized = false;
  all.sessions.clear();
  all.is_logged_in = false;
  return CKR_OK;
}

CK_RV get_info(CK_INFO* out) {
  const Lock lock(module().mutex);
  const CK_RV rv = begin("C_GetInfo");
  if (rv != CKR_OK) return rv;
  *out = {};
  out->cryptokiVersion = {2, 40};
  fill(out->manufacturerID, sizeof out->manufacturerID, "Sealgate tests");
  fill(out->libraryDescription, sizeof out->libraryDescription, "Scripted token");
  return CKR_OK;
}

CK_RV get_slot_list(CK_BBOOL with_token, CK_SLOT_ID* slots, CK_ULONG* count) {
  Module& all = module();
  const Lock lock(all.mutex);
  const CK_RV rv = begin("C_GetSlotList");
  if (rv != CKR_OK) return rv;
  if (!all.is_present && all.script.takes_return()) all.return_token();
  const CK_ULONG present = with_token == CK_FALSE || all.is_present ? 1 : 0;
  if (slots != nullptr && *count < present) return CKR_BUFFER_TOO_SMALL;
  if (slots != nullptr && present == 1) *slots = kSlot;
  *count = present;
  return CKR_OK;
}

CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* out) {
  const Lock lock(module().mutex);
  const CK_RV rv = begin("C_GetSlotInfo");
  if (rv != CKR_OK) return rv;
  if (slot != kSlot) return CKR_SLOT_ID_INVALID;
  *out = {};
  fill(out->slotDescription, sizeof out->slotDescription, "Slot of the scripted token");
  fill(out->manufacturerID, sizeof out->manufacturerID, "Sealgate tests");
  out->flags = CKF_REMOVABLE_DEVICE | (module().is_present ? CKF_TOKEN_PRESENT : 0UL);
  return CKR_OK;
}

CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* out) {
  Module& all = module();
  const Lock lock(all.mutex);
  const CK_RV rv = begin("C_GetTokenInfo");
  if (rv != CKR_OK) return rv;
  if (slot != kSlot) return CKR_SLOT_ID_INVALID;
  if (!all.is_present) return CKR_TOKEN_NOT_PRESENT;
  *out = {};
  fill(out->label, sizeof out->label, "fake");
  fill(out->manufacturerID, sizeof out->manufacturerID, "Sealgate tests");
  fill(out->model, sizeof out->model, "scripted");
  fill(out->serialNumber, sizeof out->serialNumber, "0001");
  out->flags = CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;
  if (all.script.wrong_pins > 0) out->flags |= CKF_USER_PIN_COUNT_LOW;
  if (all.script.wrong_pins + 1 == kPinTries) out->flags |= CKF_USER_PIN_FINAL_TRY;
  if (all.script.wrong_pins >= kPinTries) out->flags |= CKF_USER_PIN_LOCKED;
  out->ulMaxSessionCount = all.script.sessions_max;
  return CKR_OK;
}

CK_RV get_mechanism_list(CK_SLOT_ID, CK_MECHANISM_TYPE* types, CK_ULONG* count) {
  const Lock lock(module().mutex);
  const CK_RV rv = begin("C_GetMechanismList");
  if (rv != CKR_OK) return rv;
  const std::vector<CK_MECHANISM_TYPE> shown = fake_mechanisms(module().script);
  if (types != nullptr) {
    if (*count < shown.size()) return CKR_BUFFER_TOO_SMALL;
    std::copy(shown.begin(), shown.end(), types);
  }
  *count = shown.size();
  return CKR_OK;
}

CK_RV get_mechanism_info(CK_SLOT_ID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* out) {
  const Lock lock(module().mutex);
  const CK_RV rv = begin("C_GetMechanismInfo");
  if (rv != CKR_OK) return rv;
  return fake_mechanism_info(module().script, type, *out);
}

// ---- Sessions and login ----

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void*, CK_NOTIFY, CK_SESSION_HANDLE* handle) {
  Module& all = module();
  const Lock lock(all.mutex);
  const CK_RV rv = begin("C_OpenSession");
  if (rv != CKR_OK) return rv;
  if (slot != kSlot) return CKR_SLOT_ID_INVALID;
  if (!all.is_present) return CKR_TOKEN_NOT_PRESENT;
  if (all.sessions.size() >= all.script.sessions_max) return CKR_SESSION_COUNT;
  *handle = all.next_session++;
  all.sessions[*handle].may_write = (flags & CKF_RW_SESSION) != 0;
  return CKR_OK;
}

CK_RV close_session(CK_SESSION_HANDLE handle) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_CloseSession", handle, session);
  if (rv == CKR_OK) module().sessions.erase(handle);
  if (module().sessions.empty()) module().is_logged_in = false;
  return rv;
}

CK_RV close_all_sessions(CK_SLOT_ID) {
  const Lock lock(module().mutex);
  const CK_RV rv = begin("C_CloseAllSessions");
  if (rv != CKR_OK) return rv;
  module().sessions.clear();
  module().is_logged_in = false;
  return module().is_present ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
}

CK_RV get_session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO* out) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_GetSessionInfo", handle, session);
  if (rv != CKR_OK) return rv;
  *out = {};
  out->slotID = kSlot;
  const bool is_user = module().is_logged_in;
  if (session->may_write) {
    out->state = is_user ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION;
  } else {
    out->state = is_user ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
  }
  return CKR_OK;
}

CK_RV log_in(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  Module& all = module();
  OpenSession* session = nullptr;
  const Lock lock(all.mutex);
  const CK_RV rv = begin_on_session("C_Login", handle, session);
  if (rv != CKR_OK) return rv;
  if (all.script.wrong_pins >= kPinTries) return CKR_PIN_LOCKED;
  if (user == CKU_USER && all.is_logged_in) return CKR_USER_ALREADY_LOGGED_IN;
  if (as_text({pin, size}) != all.script.pin) {
    ++all.script.wrong_pins;
    return CKR_PIN_INCORRECT;
  }
  all.script.wrong_pins = 0;
  all.is_logged_in = true;
  session->needs_login = false;
  return CKR_OK;
}

// ---- Finding and reading ----

CK_RV find_objects_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  Module& all = module();
  OpenSession* session = nullptr;
  const Lock lock(all.mutex);
  const CK_RV rv = begin_on_session("C_FindObjectsInit", handle, session);
  if (rv != CKR_OK) return rv;
  if (session->is_finding) return CKR_OPERATION_ACTIVE;
  session->is_finding = true;
  session->found.clear();
  for (CK_OBJECT_HANDLE each = all.handle_base; each < all.handle_base + 2 * all.script.keys.size();
       ++each) {
    Object object;
    if (!object_at(each, object)) continue;
    bool fits = true;
    for (CK_ULONG i = 0; i < count; ++i) {
      Bytes value;
      const ByteView asked(static_cast<const std::uint8_t*>(wanted[i].pValue),
                           wanted[i].ulValueLen);
      fits = fits && attribute_of(object, wanted[i].type, value) && equal_bytes(value, asked);
    }
    if (fits) session->found.push_back(each);
  }
  return CKR_OK;
}

CK_RV find_objects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE* out, CK_ULONG max, CK_ULONG* count) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_FindObjects", handle, session);
  if (rv != CKR_OK) return rv;
  *count = std::min<CK_ULONG>(max, session->found.size());
  std::copy_n(session->found.begin(), *count, out);
  session->found.erase(session->found.begin(),
                       session->found.begin() + static_cast<std::ptrdiff_t>(*count));
  return CKR_OK;
}

CK_RV find_objects_final(CK_SESSION_HANDLE handle) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_FindObjectsFinal", handle, session);
  if (session != nullptr) session->is_finding = false;
  return rv;
}

CK_RV get_attribute_value(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle,
                          CK_ATTRIBUTE* attributes, CK_ULONG count) {
  Module& all = module();
  OpenSession* session = nullptr;
  const Lock lock(all.mutex);
  CK_RV rv = begin_on_session("C_GetAttributeValue", handle, session);
  if (rv != CKR_OK) return rv;
  Object object;
  const auto secret = all.secrets.find(object_handle);
  if (secret == all.secrets.end() && !object_at(object_handle, object)) {
    return CKR_OBJECT_HANDLE_INVALID;
  }
  for (CK_ULONG i = 0; i < count; ++i) {
    Bytes value;
    const bool is_known = secret != all.secrets.end()
                              ? attributes[i].type == CKA_VALUE
                              : attribute_of(object, attributes[i].type, value);
    if (secret != all.secrets.end()) value = secret->second;
    if (!is_known) {
      attributes[i].ulValueLen = ~CK_ULONG{0};
      rv = CKR_ATTRIBUTE_TYPE_INVALID;
      continue;
    }
    const CK_RV copied =
        copy_out(value, static_cast<CK_BYTE*>(attributes[i].pValue), &attributes[i].ulValueLen);
    if (copied != CKR_OK) rv = copied;
  }
  return rv;
}

CK_RV destroy_object(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_DestroyObject", handle, session);
  if (rv != CKR_OK) return rv;
  return module().secrets.erase(object) == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

// ---- Operations ----

CK_RV begin_operation(OpenSession& session, const CK_MECHANISM* mechanism, CK_OBJECT_HANDLE handle,
                      CK_FLAGS operation) {
  if (!module().is_logged_in) return CKR_USER_NOT_LOGGED_IN;
  if (session.operation != 0) return CKR_OPERATION_ACTIVE;
  Object object;
  if (!object_at(handle, object) || !object.is_private) return CKR_KEY_HANDLE_INVALID;
  const char* usage = operation == CKF_SIGN ? "sign" : "decrypt";
  if (!object.key->may(usage)) return CKR_KEY_FUNCTION_NOT_PERMITTED;
  const CK_RV rv = fake_scheme_of(module().script, *mechanism, session.scheme);
  if (rv != CKR_OK) return rv;
  session.key = object.key;
  session.operation = operation;
  session.needs_login = object.key->may("always");
  return CKR_OK;
}

CK_RV sign_init(CK_SESSION_HANDLE handle, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_SignInit", handle, session);
  return rv != CKR_OK ? rv : begin_operation(*session, mechanism, key, CKF_SIGN);
}

CK_RV decrypt_init(CK_SESSION_HANDLE handle, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  OpenSession* session = nullptr;
  const Lock lock(module().mutex);
  const CK_RV rv = begin_on_session("C_DecryptInit", handle, session);
  return rv != CKR_OK ? rv : begin_operation(*session, mechanism, key, CKF_DECRYPT);
}

// Ends the session's operation and gives its key, or says why there is none.
CK_RV take_operation(OpenSession& session, CK_FLAGS operation, OpenSession& taken) {
  if (session.operation != operation) return CKR_OPERATION_NOT_INITIALIZED;
  taken = session;
  session.operation = 0;
  session.key.reset();
  return taken.needs_login ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

void take_time(std::uint64_t micros) {
  if (micros != 0) std::this_thread::sleep_for(std::chrono::microseconds(micros));
}

CK_RV sign(CK_SESSION_HANDLE handle, CK_BYTE* input, CK_ULONG size, CK_BYTE* out,
           CK_ULONG* out_size) {
  OpenSession* session = nullptr;
  OpenSession taken;
  Lock lock(module().mutex);
  CK_RV rv = begin_on_session("C_Sign", handle, session);
  const bool is_wrong = rv == CKR_OK && module().script.takes_wrong_signature();
  const CK_RV took = session == nullptr ? rv : take_operation(*session, CKF_SIGN, taken);
  if (rv == CKR_OK) rv = took;
  const std::uint64_t micros = module().script.latency_micros;
  lock.unlock();  // Other sessions go on while this one computes.
  take_time(micros);
  if (rv != CKR_OK) return rv;
  Bytes signature = taken.key->sign(taken.scheme.padding, {input, size});
  if (signature.empty()) return CKR_DATA_LEN_RANGE;
  if (is_wrong) signature.back() ^= 1U;
  return copy_out(signature, out, out_size);
}

bool is_set(std::uint8_t byte) {
  return byte != 0;
}

CK_RV decrypt(CK_SESSION_HANDLE handle, CK_BYTE* input, CK_ULONG size, CK_BYTE* out,
              CK_ULONG* out_size) {
  OpenSession* session = nullptr;
  OpenSession taken;
  Lock lock(module().mutex);
  CK_RV rv = begin_on_session("C_Decrypt", handle, session);
  const CK_RV took = session == nullptr ? rv : take_operation(*session, CKF_DECRYPT, taken);
  if (rv == CKR_OK) rv = took;
  const std::uint64_t micros = module().script.latency_micros;
  const bool drops_zeros =
      module().script.drops_leading_zeros && taken.scheme.padding == FakePadding::None;
  lock.unlock();
  take_time(micros);
  if (rv != CKR_OK) return rv;
  Bytes plain = taken.key->decrypt(taken.scheme, {input, size});
  if (drops_zeros) plain.erase(plain.begin(), std::find_if(plain.begin(), plain.end(), is_set));
  return plain.empty() ? CKR_ENCRYPTED_DATA_INVALID : copy_out(plain, out, out_size);
}

CK_RV derive_key(CK_SESSION_HANDLE handle, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE base,
                 CK_ATTRIBUTE*, CK_ULONG, CK_OBJECT_HANDLE* derived) {
  Module& all = module();
  OpenSession* session = nullptr;
  const Lock lock(all.mutex);
  const CK_RV rv = begin_on_session("C_DeriveKey", handle, session);
  if (rv != CKR_OK) return rv;
  Object object;
  if (!object_at(base, object) || !object.is_private) return CKR_KEY_HANDLE_INVALID;
  if (!object.key->may("derive")) return CKR_KEY_FUNCTION_NOT_PERMITTED;
  const auto& params = *static_cast<const CK_ECDH1_DERIVE_PARAMS*>(mechanism->pParameter);
  ByteView point(params.public_data, params.public_data_len);
  if (all.script.wants_wrapped_points) point = unwrapped_point(point);
  Bytes secret = object.key->derive(point);
  if (secret.empty()) return CKR_MECHANISM_PARAM_INVALID;
  static CK_OBJECT_HANDLE next_secret = 1'000'000'000;
  *derived = next_secret++;
  all.secrets[*derived] = std::move(secret);
  return CKR_OK;
}

CK_FUNCTION_LIST make_functions();

}  // namespace
}  // namespace sealgate::test_support

using namespace sealgate::test_support;  // NOLINT(google-build-using-namespace): C entry points.

extern "C" {

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST functions = make_functions();
  *list = &functions;
  return CKR_OK;
}

void fake_pkcs11_apply(const char* script) {
  const Lock lock(module().mutex);
  module().script.apply(script);
}

void fake_pkcs11_reset() {
  Module& all = module();
  const Lock lock(all.mutex);
  all.remove_token();
  all.return_token();
  all.script = FakeScript();
}

std::uint64_t fake_pkcs11_calls(const char* function) {
  const Lock lock(module().mutex);
  return module().script.calls(function);
}

std::uint64_t fake_pkcs11_open_sessions() {
  const Lock lock(module().mutex);
  return module().sessions.size();
}
}

namespace sealgate::test_support {
namespace {

// What is not set here, Sealgate never calls.
CK_FUNCTION_LIST make_functions() {
  CK_FUNCTION_LIST functions{};
  functions.version = {2, 40};
  functions.C_Initialize = initialize;
  functions.C_Finalize = finalize;
  functions.C_GetInfo = get_info;
  functions.C_GetFunctionList = C_GetFunctionList;
  functions.C_GetSlotList = get_slot_list;
  functions.C_GetSlotInfo = get_slot_info;
  functions.C_GetTokenInfo = get_token_info;
  functions.C_GetMechanismList = get_mechanism_list;
  functions.C_GetMechanismInfo = get_mechanism_info;
  functions.C_OpenSession = open_session;
  functions.C_CloseSession = close_session;
  functions.C_CloseAllSessions = close_all_sessions;
  functions.C_GetSessionInfo = get_session_info;
  functions.C_Login = log_in;
  functions.C_FindObjectsInit = find_objects_init;
  functions.C_FindObjects = find_objects;
  functions.C_FindObjectsFinal = find_objects_final;
  functions.C_GetAttributeValue = get_attribute_value;
  functions.C_DestroyObject = destroy_object;
  functions.C_SignInit = sign_init;
  functions.C_Sign = sign;
  functions.C_DecryptInit = decrypt_init;
  functions.C_Decrypt = decrypt;
  functions.C_DeriveKey = derive_key;
  return functions;
}

}  // namespace
}  // namespace sealgate::test_support
