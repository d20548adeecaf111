// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/object_reader.h"

#include <array>

#include "hsm/pkcs11/ck_outcome.h"

namespace sealgate::hsm {

Result<std::vector<CK_OBJECT_HANDLE>> ObjectReader::find(CK_OBJECT_CLASS object_class) {
  CK_ATTRIBUTE wanted{CKA_CLASS, &object_class, sizeof object_class};
  CK_RV rv = functions_->C_FindObjectsInit(session_, &wanted, 1);
  if (rv != CKR_OK) return management_error(rv);
  std::vector<CK_OBJECT_HANDLE> found;
  std::array<CK_OBJECT_HANDLE, 64> burst{};
  while (found.size() < kObjectsMax) {
    CK_ULONG count = 0;
    rv = functions_->C_FindObjects(session_, burst.data(), burst.size(), &count);
    if (rv != CKR_OK || count == 0) break;
    if (count > burst.size()) count = burst.size();
    found.insert(found.end(), burst.begin(), burst.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const CK_RV final_rv = functions_->C_FindObjectsFinal(session_);
  if (rv == CKR_OK) rv = final_rv;
  if (rv != CKR_OK) return management_error(rv);
  return found;
}

bool ObjectReader::get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE& attribute) {
  if (loss_ != CKR_OK) return false;
  const CK_RV rv = functions_->C_GetAttributeValue(session_, object, &attribute, 1);
  if (rv == CKR_OK) return attribute.ulValueLen <= kAttributeBytesMax;
  // An object that another program deletes while we read is not a lost session.
  const CkClass meaning = meaning_of(rv).meaning;
  if (rv != CKR_OBJECT_HANDLE_INVALID && meaning != CkClass::KeyRefused) loss_ = rv;
  return false;
}

Bytes ObjectReader::bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  if (!get(object, attribute) || attribute.ulValueLen == 0) return {};
  Bytes value(attribute.ulValueLen);
  attribute.pValue = value.data();
  if (!get(object, attribute) || attribute.ulValueLen > value.size()) return {};
  value.resize(attribute.ulValueLen);
  return value;
}

CK_ULONG ObjectReader::number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback) {
  CK_ULONG value = 0;
  CK_ATTRIBUTE attribute{type, &value, sizeof value};
  return get(object, attribute) && attribute.ulValueLen == sizeof value ? value : fallback;
}

CK_BBOOL ObjectReader::flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BBOOL fallback) {
  CK_BBOOL value = CK_FALSE;
  CK_ATTRIBUTE attribute{type, &value, sizeof value};
  return get(object, attribute) && attribute.ulValueLen == sizeof value ? value : fallback;
}

}  // namespace sealgate::hsm
