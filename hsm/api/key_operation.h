// SPDX-License-Identifier: Apache-2.0
//
// The records that cross the seam between the data plane and the tokens. They are plain data
// without pointers, so that they can later cross a process border unchanged.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/limits.h"

namespace sealgate::hsm {

// SHA-256 of the DER SubjectPublicKeyInfo: the same on every token and after a restore.
struct KeyId {
  std::array<std::uint8_t, 32> digest{};
  auto operator<=>(const KeyId&) const = default;
};

// The caller's; hsm gives it back and never looks inside.
struct OperationTag {
  std::uint64_t value = 0;
  auto operator<=>(const OperationTag&) const = default;
};

enum class KeyAction : std::uint8_t {
  SignDigest,  // input: the digest. Output: the signature as CMS carries it (ECDSA as DER).
  // input: the encrypted content-encryption key. Output: the key, `key_bytes` long.
  // RsaPkcs1Decrypt never ends as BadInput: what is no such key gives a synthetic one, the same
  // for the same input, so that nobody learns from the outcome whether the padding was right.
  DecryptKey,
  DeriveSecret,  // input: the peer's public point (RFC 5480) or X25519 key. Output: Z.
};

// How the token has to do it. Digest and padding parameters are those of RFC 8017; OAEP has an
// empty label and, where not said otherwise, MGF1 with its own digest.
enum class Mechanism : std::uint8_t {
  RsaPkcs1Sha256,
  RsaPkcs1Sha384,
  RsaPkcs1Sha512,
  RsaPssSha256,  // MGF1 with the same digest, salt as long as the digest.
  RsaPssSha384,
  RsaPssSha512,
  EcdsaSha256,
  EcdsaSha384,
  EcdsaSha512,
  Ed25519,  // RFC 8419: the input is the whole to-be-signed text, at most kKeyInputBytesMax.
  RsaPkcs1Decrypt,
  RsaOaepSha1Decrypt,
  RsaOaepSha256Decrypt,
  RsaOaepSha384Decrypt,
  RsaOaepSha512Decrypt,
  RsaOaepSha256Mgf1Sha1Decrypt,  // What is written where a sender names the digest alone.
  EcdhDerive,
};

// Lower goes first.
enum class Priority : std::uint8_t { Handshake, Mail, Management };

// Bytes carried inside the record.
template <std::size_t Max>
struct InlineBytes {
  std::uint16_t size = 0;
  std::array<std::uint8_t, Max> bytes{};

  ByteView view() const { return ByteView(bytes).first(size); }
  // Requires: from.size() <= Max.
  void assign(ByteView from) {
    copy_bytes(bytes, from);
    size = static_cast<std::uint16_t>(from.size());
  }
};

struct KeyOperation {
  OperationTag tag;
  KeyId key;
  KeyAction action = KeyAction::SignDigest;
  Mechanism mechanism = Mechanism::RsaPkcs1Sha256;
  Priority priority = Priority::Mail;
  TimePoint deadline;
  std::uint8_t key_bytes = 0;  // DecryptKey: 1 to kContentKeyBytesMax; else 0.
  InlineBytes<kKeyInputBytesMax> input;
};

enum class KeyOutcome : std::uint8_t {
  Done,
  BadInput,          // The token refuses this input and always will.
  KeyUnknown,        // No configured token holds the key, or it may not do this.
  TokenUnavailable,  // Token gone, logged out, or out of memory: a later try may do.
  DeadlinePassed,    // It waited in the queue until its deadline.
};

struct KeyCompletion {
  OperationTag tag;
  KeyOutcome outcome = KeyOutcome::TokenUnavailable;
  std::int64_t detail = 0;  // The CK_RV behind a failure, for the log.
  InlineBytes<kKeyOutputBytesMax> output;
};

}  // namespace sealgate::hsm
