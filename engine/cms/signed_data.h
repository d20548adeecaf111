// SPDX-License-Identifier: Apache-2.0
//
// CMS SignedData (RFC 5652, 5) with one signer, made in two phases because the private key is
// elsewhere:
//
//   scheme     = signature_scheme(signer, digest, padding)
//   attributes = build_signed_attributes({signer, scheme, content digest, time, capabilities})
//   operation.mechanism = scheme.mechanism; operation.input = signature_input(scheme, attributes)
//   ... the token signs ...
//   encode_detached({signer, intermediates, scheme, attributes, signature})    clear-signed, or
//   OpaqueSigner over the content                                              opaque
//
// The content digest is taken over the canonical entity (RFC 8551, 3.1) with scheme.digest.
// Nothing here needs the private key, a clock or a random source.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/cms/base64_lines.h"
#include "engine/cms/capabilities.h"
#include "engine/cms/digest.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::trust {
class Certificate;
}

namespace sealgate::engine::cms {

// What an RSA key signs with (RFC 8017). Other keys have one way only.
enum class RsaPadding : std::uint8_t { Pkcs1, Pss };

struct SignatureScheme {
  hsm::Mechanism mechanism = hsm::Mechanism::RsaPkcs1Sha256;
  DigestAlgorithm digest = DigestAlgorithm::Sha256;  // Also of the content, and micalg.
};

// How `signer` signs under a profile that asks for `digest` and `padding`. A key that is bound
// to RSASSA-PSS uses PSS whatever the profile says; Ed25519 takes SHA-512 (RFC 8419, 3.1).
// Fails with kSignerKeyUnsupported.
Result<SignatureScheme> signature_scheme(const trust::Certificate& signer, DigestAlgorithm digest,
                                         RsaPadding padding);

struct SignedAttributesInput {
  const trust::Certificate* signer = nullptr;  // Not null.
  DigestValue content_digest;                  // With the scheme's digest.
  WallTime signing_time{};                     // Years 1950 to 9999.
  Capabilities capabilities;                   // Empty: the attribute is left out.
};

// The signed attributes contentType, signingTime, messageDigest, smimeCapabilities and
// signingCertificateV2 (RFC 5035) as a DER SET: the bytes that the signature covers.
Bytes build_signed_attributes(const SignedAttributesInput& input);

// What goes into KeyOperation::input: the digest of the attributes, or for Ed25519 the
// attributes themselves. Fails with kSignedAttributesTooLarge, kCryptoUnavailable.
Result<hsm::InlineBytes<kKeyInputBytesMax>> signature_input(const SignatureScheme& scheme,
                                                            ByteView signed_attributes);

struct SignedDataInput {
  const trust::Certificate* signer = nullptr;  // Not null; its certificate is sent along.
  std::span<const Bytes> intermediates;        // DER; sent along, the root only if given here.
  SignatureScheme scheme;
  ByteView signed_attributes;  // As build_signed_attributes() made them.
  ByteView signature;          // As the token made it; ECDSA as DER.
};

// ContentInfo with a SignedData without content, for multipart/signed. Fails with
// kSignatureMissing, kTooManyCertificates.
Result<Bytes> encode_detached(const SignedDataInput& input);

// ContentInfo with a SignedData around its content, as lines of base64: the body of an
// application/pkcs7-mime; smime-type=signed-data entity. Streams: holds no more than the
// certificates and one line beyond what it writes.
class OpaqueSigner {
 public:
  // `content_size` is the exact size of the canonical entity; everything of `input` is used
  // during the call only. Fails like encode_detached(), and with kContentTooLarge,
  // kSegmentsExhausted.
  static Result<OpaqueSigner> create(const SignedDataInput& input, std::uint64_t content_size,
                                     SegmentPool& pool);

  // The next bytes of the entity. Requires: no more than content_size in all. Fails with
  // kSegmentsExhausted; then throw the signer away.
  Result<void> update(ByteView bytes);
  // The body. Requires: content_size bytes were given.
  Result<Chain> finish();

 private:
  OpaqueSigner(SegmentPool& pool, Bytes back, std::uint64_t content_size);

  ChainWriter writer_;
  Base64Lines lines_;
  Bytes back_;  // Certificates and signature, which follow the content.
  std::uint64_t missing_;
};

}  // namespace sealgate::engine::cms
