// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/capabilities.h"

#include <array>

#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

constexpr int kEntriesMax = 128;

using CapabilitiesOwner = std::unique_ptr<X509_ALGORS, OpensslDeleter<[](X509_ALGORS* list) {
                                            sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
                                          }>>;
using AlgorithmOwner = std::unique_ptr<X509_ALGOR, OpensslDeleter<X509_ALGOR_free>>;
using OaepOwner = std::unique_ptr<RSA_OAEP_PARAMS, OpensslDeleter<RSA_OAEP_PARAMS_free>>;

int name_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* name = nullptr;
  X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(name);
}

// The algorithm that is the parameter of another, or NID_undef.
int inner_algorithm(const X509_ALGOR* outer) {
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, nullptr, outer);
  if (type != V_ASN1_SEQUENCE) return NID_undef;
  const AlgorithmOwner inner(static_cast<X509_ALGOR*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), outer->parameter)));
  return inner == nullptr ? NID_undef : name_of(inner.get());
}

int mask_digest(const X509_ALGOR* mask) {
  return name_of(mask) == NID_mgf1 ? inner_algorithm(mask) : NID_undef;
}

// RFC 4055, 4.1: absent parameters, an absent hash and an absent mask all mean SHA-1. NID_undef
// where hash and mask differ, which is nothing that we would seal with.
int oaep_digest(const X509_ALGOR* capability) {
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, nullptr, capability);
  if (type == V_ASN1_UNDEF || type == V_ASN1_NULL) return NID_sha1;
  if (type != V_ASN1_SEQUENCE) return NID_undef;
  const OaepOwner oaep(static_cast<RSA_OAEP_PARAMS*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_OAEP_PARAMS), capability->parameter)));
  if (oaep == nullptr) return NID_undef;
  const int digest = oaep->hashFunc == nullptr ? NID_sha1 : name_of(oaep->hashFunc);
  const int mask = oaep->maskGenFunc == nullptr ? NID_sha1 : mask_digest(oaep->maskGenFunc);
  return mask == digest ? digest : NID_undef;
}

void take_wrap(const X509_ALGOR* capability, WrapCapability& into) {
  const int wrap = inner_algorithm(capability);
  into.aes128 = into.aes128 || wrap == NID_id_aes128_wrap;
  into.aes256 = into.aes256 || wrap == NID_id_aes256_wrap;
}

// dhSinglePass-stdDH-hkdf-sha256-scheme (RFC 8418, 2.2), which OpenSSL has no name for.
bool is_hkdf_sha256(const ASN1_OBJECT* algorithm) {
  constexpr std::array<std::uint8_t, 11> kOid = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D,
                                                 0x01, 0x09, 0x10, 0x03, 0x13};
  return equal_bytes({OBJ_get0_data(algorithm), OBJ_length(algorithm)}, kOid);
}

void take(const X509_ALGOR* capability, Capabilities& into) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, capability);
  switch (OBJ_obj2nid(algorithm)) {
    case NID_aes_128_cbc:
      into.aes128_cbc = true;
      break;
    case NID_aes_256_cbc:
      into.aes256_cbc = true;
      break;
    case NID_aes_128_gcm:
      into.aes128_gcm = true;
      break;
    case NID_aes_256_gcm:
      into.aes256_gcm = true;
      break;
    case NID_rsassaPss:
      into.pss = true;
      break;
    case NID_rsaesOaep: {
      const int digest = oaep_digest(capability);
      into.oaep_sha1 = into.oaep_sha1 || digest == NID_sha1;
      into.oaep_sha256 = into.oaep_sha256 || digest == NID_sha256;
      break;
    }
    case NID_dhSinglePass_stdDH_sha256kdf_scheme:
      return take_wrap(capability, into.ecdh_sha256);
    case NID_dhSinglePass_stdDH_sha384kdf_scheme:
      return take_wrap(capability, into.ecdh_sha384);
    case NID_dhSinglePass_stdDH_sha512kdf_scheme:
      return take_wrap(capability, into.ecdh_sha512);
    default:
      if (is_hkdf_sha256(algorithm)) take_wrap(capability, into.ecdh_hkdf_sha256);
      break;
  }
}

}  // namespace

Capabilities parse_capabilities(ByteView der) {
  Capabilities capabilities;
  if (der.empty()) return capabilities;
  const std::uint8_t* next = der.data();
  const CapabilitiesOwner list(d2i_X509_ALGORS(nullptr, &next, static_cast<long>(der.size())));
  const bool is_whole = list != nullptr && next == der.data() + der.size();
  if (is_whole && sk_X509_ALGOR_num(list.get()) <= kEntriesMax) {
    capabilities.is_present = true;
    for (int i = 0; i < sk_X509_ALGOR_num(list.get()); ++i) {
      take(sk_X509_ALGOR_value(list.get(), i), capabilities);
    }
  }
  ERR_clear_error();
  return capabilities;
}

}  // namespace sealgate::engine::trust
