// SPDX-License-Identifier: Apache-2.0
//
// Message digests (FIPS 180-4), in as many steps as the caller likes: hash a message while it
// arrives, or a chain piece by piece with a ChainCursor.
//
// Threading: a Digest belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/cms/openssl_ptr.h"

namespace sealgate::engine::cms {

enum class DigestAlgorithm : std::uint8_t { Sha256, Sha384, Sha512 };

inline constexpr std::size_t kDigestBytesMax = 64;

std::size_t digest_size(DigestAlgorithm algorithm);

// The `micalg` parameter of multipart/signed (RFC 8551, 3.5.3.2): "sha-256".
std::string_view micalg_name(DigestAlgorithm algorithm);

struct DigestValue {
  std::array<std::uint8_t, kDigestBytesMax> bytes{};
  std::uint8_t size = 0;

  ByteView view() const { return ByteView(bytes).first(size); }
};

class Digest {
 public:
  // Fails with kCryptoUnavailable.
  static Result<Digest> create(DigestAlgorithm algorithm);

  void update(ByteView bytes);
  void update(const Slice& slice) { update(slice.bytes); }
  // The digest of everything so far. Requires: not finished before.
  DigestValue finish();

 private:
  Digest(DigestContextPtr state, DigestAlgorithm algorithm);

  DigestContextPtr state_;
  DigestAlgorithm algorithm_;
};

// The digest of one piece of memory.
Result<DigestValue> digest_of(DigestAlgorithm algorithm, ByteView bytes);

}  // namespace sealgate::engine::cms
