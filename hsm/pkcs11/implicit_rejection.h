// SPDX-License-Identifier: Apache-2.0
//
// RSA PKCS#1 v1.5 decryption that tells nobody whether the padding was right (RFC 3218, 2.3.2;
// draft-irtf-cfrg-rsa-guidance, 7): where it was not, a synthetic key comes out. It depends on a
// secret of this process and on the ciphertext alone, so that the same ciphertext gives the same
// key, as a real one does.
//
// Threading: any.
#pragma once

#include "base/bytes.h"
#include "hsm/api/key_operation.h"
#include "hsm/pkcs11/constant_time.h"

namespace sealgate::hsm {

// RFC 8017, 7.2.1: 00 02, at least 8 octets of padding, 00.
inline constexpr std::size_t kPkcs1PaddingBytesMin = 11;

// Fills `to` with the synthetic key of its length for this ciphertext.
// Requires: 1 <= to.size() <= kContentKeyBytesMax.
void fill_synthetic_key(MutableBytes to, const KeyId& key, ByteView ciphertext);

// Moves the `size` bytes at the front of `block` to its end and puts zeros before them: some
// tokens drop leading zeros of a raw decryption. The time depends on block.size() alone.
// Requires: size <= block.size().
void align_right(MutableBytes block, std::size_t size);

// Copies the key out of `block`, a whole encryption block, where that is well formed with a
// message of exactly to.size() bytes and `is_good`; else `to` stays as it is. No branch and no
// address depends on `block` or `is_good`.
void take_pkcs1_key(MutableBytes to, ByteView block, Mask is_good);

}  // namespace sealgate::hsm
