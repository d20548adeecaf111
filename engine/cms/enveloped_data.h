// SPDX-License-Identifier: Apache-2.0
//
// EnvelopeSealer encrypts one entity for some recipients: EnvelopedData (RFC 5652, 6) with
// AES-CBC, AuthEnvelopedData (RFC 5083, RFC 5084) with AES-GCM.
//
//   sealer = EnvelopeSealer::create(cipher, entity size, random, pool)
//   sealer.add_recipient(...)   once for each: one public-key operation, bounded
//   sealer.update(...)          in as many pieces and turns as the caller likes
//   sealer.finish()             the whole ContentInfo as 76-column base64 lines
//
// Each byte is read once and written once, as base64: cipher and encoder work chunk by chunk on
// memory that stays in the cache. The memory held does not depend on the size of the content.
// Content key, nonce and IV come from the RandomSource; padding of RSA and ephemeral keys come
// from OpenSSL's generator. The content key is wiped when the first content is encrypted.
//
// Threading: a sealer belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/segment.h"

namespace sealgate::engine::trust {
class Certificate;
}

namespace sealgate::engine::cms {

enum class ContentCipher : std::uint8_t { Aes128Cbc, Aes256Cbc, Aes128Gcm, Aes256Gcm };

constexpr bool is_authenticated(ContentCipher cipher) {
  return cipher == ContentCipher::Aes128Gcm || cipher == ContentCipher::Aes256Gcm;
}

// What an RSA key is encrypted to with (RFC 8017). OaepSha1 is RSAES-OAEP with its default
// parameters; OaepSha256 has MGF1 over SHA-256 too.
enum class KeyTransport : std::uint8_t { RsaPkcs1, RsaOaepSha1, RsaOaepSha256 };

enum class RecipientIdKind : std::uint8_t { IssuerAndSerial, SubjectKeyId };

struct EnvelopeRecipient {
  const trust::Certificate* certificate = nullptr;  // Not null; used during the call only.
  KeyTransport rsa = KeyTransport::RsaPkcs1;  // Elliptic curves agree on a key: RFC 5753, RFC 8418.
  RecipientIdKind id = RecipientIdKind::IssuerAndSerial;
};

class EnvelopeSealer {
 public:
  // `content_size` is the exact number of bytes that update() will get, at most
  // kMessageBytesMax. `pool` outlives the sealer. Fails with kContentTooLarge,
  // kCryptoUnavailable.
  static Result<EnvelopeSealer> create(ContentCipher cipher, std::uint64_t content_size,
                                       RandomSource& random, SegmentPool& pool);
  EnvelopeSealer(EnvelopeSealer&&) noexcept;
  EnvelopeSealer& operator=(EnvelopeSealer&&) noexcept;
  ~EnvelopeSealer();

  // Encrypts the content key to one more recipient (25 µs for RSA-2048, about 100 for P-256).
  // Requires: before the first update(). Fails with kRecipientKeyUnsupported,
  // kRecipientKeyRefused, kRecipientKeyIdMissing, kTooManyRecipients; the recipients added so
  // far stay.
  Result<void> add_recipient(const EnvelopeRecipient& recipient);

  // The next bytes of the entity. Requires: a recipient was added; no more than content_size
  // in all. Fails with kSegmentsExhausted, kCryptoUnavailable; then throw the sealer away.
  Result<void> update(ByteView bytes);

  // The body of the application/pkcs7-mime entity. Requires: content_size bytes were given.
  Result<Chain> finish();

 private:
  struct State;
  explicit EnvelopeSealer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace sealgate::engine::cms
