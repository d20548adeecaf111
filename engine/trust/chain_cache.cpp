// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/chain_cache.h"

#include <cstring>

#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

Sha256 digest_of(std::span<const CertificatePointer> certificates) {
  Sha256 digest{};
  if (certificates.empty()) return digest;
  Bytes all;
  for (const CertificatePointer& certificate : certificates) {
    all.insert(all.end(), certificate->sha256().begin(), certificate->sha256().end());
  }
  SG_CHECK(EVP_Digest(all.data(), all.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::size_t front_of(const Sha256& digest) {
  std::size_t value = 0;
  std::memcpy(&value, digest.data(), sizeof(value));
  return value;
}

}  // namespace

std::size_t ChainCache::KeyHash::operator()(const Key& key) const {
  // SHA-256 is as even as a hash can be; the three parts must not cancel each other out.
  return front_of(key.certificate) ^ (front_of(key.extra) << 1U) ^ (front_of(key.store) << 2U);
}

const ChainVerdict& ChainCache::verify(const TrustStore& store, const Certificate& certificate,
                                       std::span<const CertificatePointer> extra, WallTime at) {
  const Key key{
      .store = store.fingerprint(), .certificate = certificate.sha256(), .extra = digest_of(extra)};
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end()) {
    const ChainVerdict& verdict = known->second;
    if (verdict.valid_from <= at && at <= verdict.valid_until) {
      ++hits_;
      return verdict;
    }
  }
  ++misses_;
  if (known == verdicts_.end() && verdicts_.size() >= kVerdictsMax) verdicts_.clear();
  return verdicts_[key] = store.verify(certificate, extra, at);
}

}  // namespace sealgate::engine::trust
