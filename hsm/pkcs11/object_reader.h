// SPDX-License-Identifier: Apache-2.0
//
// Finds objects and reads their attributes, with limits on what a token may answer.
//
// Threading: belongs to the thread of its session.
#pragma once

#include <span>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "base/result.h"

namespace sealgate::hsm {

class ObjectReader {
 public:
  static constexpr std::size_t kObjectsMax = 65536;
  static constexpr std::size_t kAttributeBytesMax = 64 * 1024;

  ObjectReader(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session)
      : functions_(&functions), session_(session) {}

  // Every object with this class, at most kObjectsMax. Fails as management_error().
  Result<std::vector<CK_OBJECT_HANDLE>> find(CK_OBJECT_CLASS object_class);

  // Empty, or `fallback`, where the object does not have the attribute or hides it.
  Bytes bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  CK_ULONG number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback);
  CK_BBOOL flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BBOOL fallback);

  // The first failure that means that the session is lost; CKR_OK while it is not. What was read
  // since is worth nothing.
  CK_RV loss() const { return loss_; }

 private:
  bool get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE& attribute);

  CK_FUNCTION_LIST* functions_;
  CK_SESSION_HANDLE session_;
  CK_RV loss_ = CKR_OK;
};

}  // namespace sealgate::hsm
