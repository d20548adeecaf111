// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/implicit_rejection.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/random.h"
#include "base/secret.h"

namespace sealgate::hsm {
namespace {

constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<std::uint8_t, kDigestBytes>;

// Made once, so that all lanes and all tokens that hold a key agree; wiped when the process ends.
ByteView process_secret() {
  static const SecretBytes secret = [] {
    SecretBytes made(kDigestBytes);
    SystemRandom random;
    random.fill(made.reveal());
    return made;
  }();
  return secret.reveal();
}

void authenticate(Digest& to, ByteView key, ByteView text) {
  unsigned int size = 0;
  SG_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
                to.data(), &size) != nullptr);
  SG_CHECK(size == to.size());
}

}  // namespace

void fill_synthetic_key(MutableBytes to, const KeyId& key, ByteView ciphertext) {
  SG_CHECK(!to.empty() && to.size() <= kContentKeyBytesMax);
  SG_CHECK(ciphertext.size() <= kKeyInputBytesMax);
  std::array<std::uint8_t, kDigestBytes + kKeyInputBytesMax> text;
  copy_bytes(text, key.digest);
  copy_bytes(MutableBytes(text).subspan(kDigestBytes), ciphertext);
  Digest seed;
  authenticate(seed, process_secret(), ByteView(text).first(kDigestBytes + ciphertext.size()));
  Digest block;
  for (std::size_t at = 0; at < to.size(); at += kDigestBytes) {
    // The length goes in too: the keys of two ciphers have nothing in common.
    const std::array<std::uint8_t, 2> label = {static_cast<std::uint8_t>(to.size()),
                                               static_cast<std::uint8_t>(at / kDigestBytes)};
    authenticate(block, seed, label);
    copy_bytes(to.subspan(at), ByteView(block).first(std::min(kDigestBytes, to.size() - at)));
  }
  wipe_bytes(seed);
  wipe_bytes(block);
}

void align_right(MutableBytes block, std::size_t size) {
  SG_CHECK(size <= block.size());
  const auto shift = static_cast<std::uint32_t>(block.size() - size);
  for (std::uint32_t step = 1; step <= block.size(); step <<= 1U) {
    const Mask is_moved = ~mask_zero(shift & step);
    for (std::size_t i = block.size(); i-- > 0;) {
      block[i] = select(is_moved, i >= step ? block[i - step] : std::uint8_t{0}, block[i]);
    }
  }
}

void take_pkcs1_key(MutableBytes to, ByteView block, Mask is_good) {
  // Both sizes are public: the modulus, and the key that the content's cipher needs.
  if (block.size() < to.size() + kPkcs1PaddingBytesMin) return;
  const std::size_t separator = block.size() - to.size() - 1;
  Mask good = opaque(is_good) & mask_zero(block[0]) & mask_equal(block[1], 2);
  for (std::size_t i = 2; i < separator; ++i) good &= ~mask_zero(block[i]);
  good &= mask_zero(block[separator]);
  select_into(to, good, block.subspan(separator + 1));
}

}  // namespace sealgate::hsm
