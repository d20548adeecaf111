// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/capabilities.h"

#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

constexpr int kEntriesMax = 128;

using CapabilitiesOwner = std::unique_ptr<X509_ALGORS, OpensslDeleter<[](X509_ALGORS* list) {
                                            sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
                                          }>>;
using OaepOwner = std::unique_ptr<RSA_OAEP_PARAMS, OpensslDeleter<RSA_OAEP_PARAMS_free>>;

// RFC 4055, 4.1: absent parameters and an absent hash both mean SHA-1.
int oaep_digest(const X509_ALGOR* capability) {
  int type = V_ASN1_UNDEF;
  const void* parameters = nullptr;
  X509_ALGOR_get0(nullptr, &type, &parameters, capability);
  if (type == V_ASN1_UNDEF || type == V_ASN1_NULL) return NID_sha1;
  if (type != V_ASN1_SEQUENCE) return NID_undef;
  const OaepOwner oaep(static_cast<RSA_OAEP_PARAMS*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_OAEP_PARAMS), capability->parameter)));
  if (oaep == nullptr) return NID_undef;
  if (oaep->hashFunc == nullptr) return NID_sha1;
  const ASN1_OBJECT* digest = nullptr;
  X509_ALGOR_get0(&digest, nullptr, nullptr, oaep->hashFunc);
  return OBJ_obj2nid(digest);
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
    default:
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
