// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/opening_keys.h"

#include <algorithm>

#include "base/limits.h"
#include "engine/trust/openssl_error.h"
#include "engine/trust/usage.h"

namespace sealgate::engine::trust {
namespace {

using NameOwner = std::unique_ptr<X509_NAME, OpensslDeleter<X509_NAME_free>>;

// A name of a certificate has at most its size: a longer one is none of ours.
constexpr std::size_t kIssuerBytesMax = kCertificateBytesMax;

Bytes key_id_of(const Certificate& certificate) {
  if (certificate.subject_key_id()) return *certificate.subject_key_id();
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  SG_CHECK(X509_pubkey_digest(certificate.x509(), EVP_sha1(), digest.data(), &size) == 1);
  digest.resize(size);
  return digest;
}

NameOwner read_name(ByteView der) {
  const std::uint8_t* next = der.data();
  NameOwner name(d2i_X509_NAME(nullptr, &next, static_cast<long>(der.size())));
  ERR_clear_error();
  const bool is_whole = name != nullptr && next == der.data() + der.size();
  return is_whole ? std::move(name) : nullptr;
}

}  // namespace

bool OpeningKeys::add(OpeningKey key) {
  if (!key_usage_fault(*key.certificate, Use::Encrypt).empty()) return false;
  const Certificate& certificate = *key.certificate;
  const ByteView serial = certificate.serial_der();
  by_serial_.emplace(Bytes(serial.begin(), serial.end()), &certificate);
  by_key_id_.emplace(key_id_of(certificate), &certificate);
  keys_.push_back(std::move(key));
  return true;
}

const Certificate* OpeningKeys::find(ByteView issuer_der, ByteView serial_der) const {
  const auto [begin, end] = by_serial_.equal_range(Bytes(serial_der.begin(), serial_der.end()));
  const auto exact = std::find_if(begin, end, [&](const auto& entry) {
    return equal_bytes(entry.second->issuer_der(), issuer_der);
  });
  if (exact != end) return exact->second;
  if (begin == end || issuer_der.size() > kIssuerBytesMax) return nullptr;
  const NameOwner issuer = read_name(issuer_der);
  if (issuer == nullptr) return nullptr;
  const auto equal = std::find_if(begin, end, [&](const auto& entry) {
    return X509_NAME_cmp(X509_get_issuer_name(entry.second->x509()), issuer.get()) == 0;
  });
  return equal == end ? nullptr : equal->second;
}

const Certificate* OpeningKeys::find(ByteView subject_key_id) const {
  const auto found = by_key_id_.find(Bytes(subject_key_id.begin(), subject_key_id.end()));
  return found == by_key_id_.end() ? nullptr : found->second;
}

}  // namespace sealgate::engine::trust
