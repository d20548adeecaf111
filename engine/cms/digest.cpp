// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/digest.h"

#include <utility>

#include "engine/cms/algorithms.h"
#include "engine/cms/errors.h"

namespace sealgate::engine::cms {

std::size_t digest_size(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::Sha256:
      return 32;
    case DigestAlgorithm::Sha384:
      return 48;
    case DigestAlgorithm::Sha512:
      return 64;
  }
  return 0;
}

std::string_view micalg_name(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::Sha256:
      return "sha-256";
    case DigestAlgorithm::Sha384:
      return "sha-384";
    case DigestAlgorithm::Sha512:
      return "sha-512";
  }
  return "";
}

Result<Digest> Digest::create(DigestAlgorithm algorithm) {
  const EVP_MD* implementation = implementation_of(algorithm);
  DigestContextPtr state(EVP_MD_CTX_new());
  if (implementation == nullptr || state == nullptr ||
      EVP_DigestInit_ex2(state.get(), implementation, nullptr) != 1) {
    return Error(kCryptoUnavailable, take_openssl_error());
  }
  return Digest(std::move(state), algorithm);
}

Digest::Digest(DigestContextPtr state, DigestAlgorithm algorithm)
    : state_(std::move(state)), algorithm_(algorithm) {}

void Digest::update(ByteView bytes) {
  // Cannot fail once the state was initialised.
  SG_CHECK(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1);
}

DigestValue Digest::finish() {
  DigestValue value;
  unsigned size = 0;
  SG_CHECK(EVP_DigestFinal_ex(state_.get(), value.bytes.data(), &size) == 1);
  SG_CHECK(size == digest_size(algorithm_));
  value.size = static_cast<std::uint8_t>(size);
  return value;
}

Result<DigestValue> digest_of(DigestAlgorithm algorithm, ByteView bytes) {
  Digest digest = SG_TRY(Digest::create(algorithm));
  digest.update(bytes);
  return digest.finish();
}

}  // namespace sealgate::engine::cms
