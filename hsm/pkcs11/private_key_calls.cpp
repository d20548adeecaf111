// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/private_key_calls.h"

#include <array>

namespace sealgate::hsm {
namespace {

// What PKCS#11 takes as non-const although it only reads it.
CK_BYTE* in(ByteView bytes) {
  return const_cast<CK_BYTE*>(bytes.data());
}

CallResult after_input(CK_RV rv, CK_ULONG size, ByteView to) {
  // A token that claims to have written more than there was room for is out of its mind.
  if (rv == CKR_OK && size > to.size()) rv = CKR_GENERAL_ERROR;
  return {.rv = rv, .has_seen_input = true, .size = rv == CKR_OK ? size : 0};
}

}  // namespace

CK_RV PrivateKeyCalls::log_in_for_use(const TokenKey& key) {
  if (!key.report.always_authenticate) return CKR_OK;
  if (pin_ == nullptr) return CKR_USER_NOT_LOGGED_IN;
  return pin_->log_in(*functions_, session_, CKU_CONTEXT_SPECIFIC);
}

CallResult PrivateKeyCalls::sign(const TokenKey& key, MechanismCall& mechanism, ByteView text,
                                 MutableBytes to) {
  CK_RV rv = functions_->C_SignInit(session_, mechanism.get(), key.handle);
  if (rv == CKR_OK) rv = log_in_for_use(key);
  if (rv != CKR_OK) return {.rv = rv};
  CK_ULONG size = to.size();
  rv = functions_->C_Sign(session_, in(text), text.size(), to.data(), &size);
  return after_input(rv, size, to);
}

CallResult PrivateKeyCalls::decrypt(const TokenKey& key, MechanismCall& mechanism, ByteView input,
                                    MutableBytes to) {
  CK_RV rv = functions_->C_DecryptInit(session_, mechanism.get(), key.handle);
  if (rv == CKR_OK) rv = log_in_for_use(key);
  if (rv != CKR_OK) return {.rv = rv};
  CK_ULONG size = to.size();
  rv = functions_->C_Decrypt(session_, in(input), input.size(), to.data(), &size);
  return after_input(rv, size, to);
}

CallResult PrivateKeyCalls::derive(const TokenKey& key, ByteView peer_point, std::size_t size,
                                   MutableBytes to) {
  CK_ECDH1_DERIVE_PARAMS params{};
  params.kdf = CKD_NULL;
  params.public_data = in(peer_point);
  params.public_data_len = peer_point.size();
  CK_MECHANISM mechanism{CKM_ECDH1_DERIVE, &params, sizeof params};
  CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
  CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ULONG length = size;
  std::array<CK_ATTRIBUTE, 6> wanted = {{{CKA_CLASS, &object_class, sizeof object_class},
                                         {CKA_KEY_TYPE, &key_type, sizeof key_type},
                                         {CKA_TOKEN, &no, sizeof no},
                                         {CKA_SENSITIVE, &no, sizeof no},
                                         {CKA_EXTRACTABLE, &yes, sizeof yes},
                                         {CKA_VALUE_LEN, &length, sizeof length}}};
  CK_OBJECT_HANDLE secret = 0;
  CK_RV rv = functions_->C_DeriveKey(session_, &mechanism, key.handle, wanted.data(), wanted.size(),
                                     &secret);
  if (rv != CKR_OK) return after_input(rv, 0, to);
  CK_ATTRIBUTE value{CKA_VALUE, to.data(), to.size()};
  rv = functions_->C_GetAttributeValue(session_, secret, &value, 1);
  const CK_RV destroyed = functions_->C_DestroyObject(session_, secret);
  if (rv == CKR_OK) rv = destroyed;
  return after_input(rv, value.ulValueLen, to);
}

bool PrivateKeyCalls::is_session_live() {
  CK_SESSION_INFO session_info{};
  return functions_->C_GetSessionInfo(session_, &session_info) == CKR_OK &&
         (session_info.state == CKS_RO_USER_FUNCTIONS ||
          session_info.state == CKS_RW_USER_FUNCTIONS);
}

}  // namespace sealgate::hsm
