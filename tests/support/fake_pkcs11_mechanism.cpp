// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_pkcs11_mechanism.h"

#include <algorithm>

#include <openssl/evp.h>

namespace sealgate::test_support {
namespace {

constexpr CK_MECHANISM_TYPE kMechanisms[] = {CKM_RSA_PKCS,      CKM_RSA_X_509, CKM_RSA_PKCS_PSS,
                                             CKM_RSA_PKCS_OAEP, CKM_ECDSA,     CKM_ECDH1_DERIVE};

const EVP_MD* digest_of(CK_MECHANISM_TYPE hash) {
  if (hash == CKM_SHA_1) return EVP_sha1();
  if (hash == CKM_SHA256) return EVP_sha256();
  if (hash == CKM_SHA384) return EVP_sha384();
  return hash == CKM_SHA512 ? EVP_sha512() : nullptr;
}

const EVP_MD* mgf1_of(CK_ULONG mgf) {
  if (mgf == CKG_MGF1_SHA1) return EVP_sha1();
  if (mgf == CKG_MGF1_SHA256) return EVP_sha256();
  if (mgf == CKG_MGF1_SHA384) return EVP_sha384();
  return mgf == CKG_MGF1_SHA512 ? EVP_sha512() : nullptr;
}

CK_RV oaep_of(const FakeScript& script, const CK_MECHANISM& mechanism, FakeScheme& scheme) {
  if (mechanism.ulParameterLen != sizeof(CK_RSA_PKCS_OAEP_PARAMS)) {
    return CKR_MECHANISM_PARAM_INVALID;
  }
  const auto& params = *static_cast<const CK_RSA_PKCS_OAEP_PARAMS*>(mechanism.pParameter);
  if (script.has_oaep_sha1_alone && params.hashAlg != CKM_SHA_1) {
    return CKR_ARGUMENTS_BAD;  // SoftHSM's word.
  }
  scheme = {FakePadding::Oaep, digest_of(params.hashAlg), mgf1_of(params.mgf)};
  return scheme.digest == nullptr || scheme.mgf1 == nullptr ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

}  // namespace

std::vector<CK_MECHANISM_TYPE> fake_mechanisms(const FakeScript& script) {
  std::vector<CK_MECHANISM_TYPE> shown;
  for (const CK_MECHANISM_TYPE type : kMechanisms) {
    if (!script.hidden.contains(type)) shown.push_back(type);
  }
  return shown;
}

CK_RV fake_mechanism_info(const FakeScript& script, CK_MECHANISM_TYPE type,
                          CK_MECHANISM_INFO& out) {
  const std::vector<CK_MECHANISM_TYPE> shown = fake_mechanisms(script);
  if (std::find(shown.begin(), shown.end(), type) == shown.end()) return CKR_MECHANISM_INVALID;
  const bool is_curve = type == CKM_ECDSA || type == CKM_ECDH1_DERIVE;
  out = {is_curve ? 256UL : 2048UL, is_curve ? 521UL : 2048UL, 0};
  if (type == CKM_RSA_PKCS) out.flags = CKF_SIGN | CKF_DECRYPT;
  if (type == CKM_RSA_PKCS_PSS || type == CKM_ECDSA) out.flags = CKF_SIGN;
  if (type == CKM_RSA_PKCS_OAEP || type == CKM_RSA_X_509) out.flags = CKF_DECRYPT;
  if (type == CKM_ECDH1_DERIVE) out.flags = CKF_DERIVE;
  return CKR_OK;
}

CK_RV fake_scheme_of(const FakeScript& script, const CK_MECHANISM& mechanism, FakeScheme& scheme) {
  if (script.hidden.contains(mechanism.mechanism) || script.refused.contains(mechanism.mechanism)) {
    return CKR_MECHANISM_INVALID;
  }
  scheme = {};
  switch (mechanism.mechanism) {
    case CKM_RSA_PKCS:
    case CKM_ECDSA:
      return CKR_OK;
    case CKM_RSA_X_509:
      scheme.padding = FakePadding::None;
      return CKR_OK;
    case CKM_RSA_PKCS_PSS:
      scheme.padding = FakePadding::Pss;
      return CKR_OK;
    case CKM_RSA_PKCS_OAEP:
      return oaep_of(script, mechanism, scheme);
    default:
      return CKR_MECHANISM_INVALID;
  }
}

ByteView unwrapped_point(ByteView der) {
  const std::size_t header = der.size() > 1 && der[1] == 0x81 ? 3 : 2;
  if (der.size() < header || der[0] != 0x04 || der[header - 1] != der.size() - header) return {};
  return der.subspan(header);
}

}  // namespace sealgate::test_support
