// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/signed_data.h"

#include <array>
#include <utility>
#include <vector>

#include "engine/cms/algorithm_identifiers.h"
#include "engine/cms/certificate_id.h"
#include "engine/cms/der_frame.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/errors.h"
#include "engine/cms/oids.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::cms {
namespace {

hsm::Mechanism pick(DigestAlgorithm digest, const std::array<hsm::Mechanism, 3>& by_digest) {
  return by_digest[static_cast<std::size_t>(digest)];
}

// The certificates as [0] IMPLICIT SET OF, each once.
void add_certificates(DerWriter& writer, const SignedDataInput& input) {
  const ByteView own = input.signer->der();
  std::vector<Bytes> certificates{Bytes(own.begin(), own.end())};
  for (const Bytes& intermediate : input.intermediates) {
    bool is_known = false;
    for (const Bytes& known : certificates) is_known = is_known || known == intermediate;
    if (!is_known) certificates.push_back(intermediate);
  }
  writer.add_set_of(tag::context_constructed(0), std::move(certificates));
}

// RFC 5652, 5.3, version 1: the signer by issuer and serial number.
void add_signer_info(DerWriter& writer, const SignedDataInput& input) {
  writer.begin(tag::kSequence);
  writer.add_integer(1);
  add_issuer_and_serial(writer, *input.signer);
  add_digest_algorithm(writer, input.scheme.digest);
  // RFC 5652, 5.4: signed as SET OF, sent as [0] IMPLICIT.
  Bytes attributes(input.signed_attributes.begin(), input.signed_attributes.end());
  attributes.front() = tag::context_constructed(0);
  writer.add_encoded(attributes);
  add_signature_algorithm(writer, input.scheme.mechanism);
  writer.add(tag::kOctetString, input.signature);
  writer.end();
}

// What stands before and after EncapsulatedContentInfo.
Bytes encode_front(const SignedDataInput& input) {
  DerWriter writer;
  writer.add_integer(1);
  writer.begin(tag::kSet);
  add_digest_algorithm(writer, input.scheme.digest);
  writer.end();
  return writer.take();
}

Bytes encode_back(const SignedDataInput& input) {
  DerWriter writer;
  add_certificates(writer, input);
  writer.begin(tag::kSet);
  add_signer_info(writer, input);
  writer.end();
  return writer.take();
}

Result<void> check(const SignedDataInput& input) {
  SG_CHECK(input.signer != nullptr && !input.signed_attributes.empty());
  if (input.signature.empty()) return kSignatureMissing;
  if (input.intermediates.size() >= kCertificatesMax) return kTooManyCertificates;
  return {};
}

Bytes attribute(ByteView type, ByteView value) {
  DerWriter writer;
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, type);
  writer.begin(tag::kSet);
  writer.add_encoded(value);
  writer.end();
  writer.end();
  return writer.take();
}

// RFC 5035, 3 with SHA-256, the default. issuerSerial is left out: it can be inferred from the
// signer identifier, which the signature's verification has to match anyway.
Bytes signing_certificate(const trust::Certificate& signer) {
  DerWriter writer;
  writer.begin(tag::kSequence);
  writer.begin(tag::kSequence);
  writer.begin(tag::kSequence);
  writer.add(tag::kOctetString, signer.sha256());
  writer.end();
  writer.end();
  writer.end();
  return writer.take();
}

}  // namespace

Result<SignatureScheme> signature_scheme(const trust::Certificate& signer, DigestAlgorithm digest,
                                         RsaPadding padding) {
  using enum hsm::Mechanism;
  switch (signer.key_kind()) {
    case trust::KeyKind::Rsa: {
      const bool is_pss = padding == RsaPadding::Pss || signer.is_pss_key();
      return SignatureScheme{
          .mechanism = is_pss ? pick(digest, {RsaPssSha256, RsaPssSha384, RsaPssSha512})
                              : pick(digest, {RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512}),
          .digest = digest};
    }
    case trust::KeyKind::P256:
    case trust::KeyKind::P384:
    case trust::KeyKind::P521:
      return SignatureScheme{.mechanism = pick(digest, {EcdsaSha256, EcdsaSha384, EcdsaSha512}),
                             .digest = digest};
    case trust::KeyKind::Ed25519:
      return SignatureScheme{.mechanism = Ed25519, .digest = DigestAlgorithm::Sha512};
    case trust::KeyKind::X25519:
    case trust::KeyKind::Unsupported:
      break;
  }
  return kSignerKeyUnsupported;
}

Bytes build_signed_attributes(const SignedAttributesInput& input) {
  SG_CHECK(input.signer != nullptr && input.content_digest.size != 0);
  DerWriter value;
  std::vector<Bytes> attributes;
  value.add(tag::kOid, oid::kData);
  attributes.push_back(attribute(oid::kContentType, value.take()));
  value.add_time(input.signing_time);
  attributes.push_back(attribute(oid::kSigningTime, value.take()));
  value.add(tag::kOctetString, input.content_digest.view());
  attributes.push_back(attribute(oid::kMessageDigest, value.take()));
  if (!input.capabilities.is_empty()) {
    attributes.push_back(
        attribute(oid::kSmimeCapabilities, encode_capabilities(input.capabilities)));
  }
  attributes.push_back(attribute(oid::kSigningCertificateV2, signing_certificate(*input.signer)));

  DerWriter writer;
  writer.add_set_of(tag::kSet, std::move(attributes));
  return writer.take();
}

Result<hsm::InlineBytes<kKeyInputBytesMax>> signature_input(const SignatureScheme& scheme,
                                                            ByteView signed_attributes) {
  hsm::InlineBytes<kKeyInputBytesMax> input;
  if (scheme.mechanism == hsm::Mechanism::Ed25519) {
    if (signed_attributes.size() > kKeyInputBytesMax) return kSignedAttributesTooLarge;
    input.assign(signed_attributes);
    return input;
  }
  const DigestValue digest = SG_TRY(digest_of(scheme.digest, signed_attributes));
  input.assign(digest.view());
  return input;
}

Result<Bytes> encode_detached(const SignedDataInput& input) {
  SG_TRY(check(input));
  DerWriter writer;
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid::kSignedData);
  writer.begin(tag::context_constructed(0));
  writer.begin(tag::kSequence);
  writer.add_encoded(encode_front(input));
  add_algorithm(writer, oid::kData);  // EncapsulatedContentInfo without eContent.
  writer.add_encoded(encode_back(input));
  writer.end();
  writer.end();
  writer.end();
  return writer.take();
}

Result<OpaqueSigner> OpaqueSigner::create(const SignedDataInput& input, std::uint64_t content_size,
                                          SegmentPool& pool) {
  SG_TRY(check(input));
  if (content_size > kMessageBytesMax) return kContentTooLarge;
  const Bytes front = encode_front(input);
  Bytes back = encode_back(input);
  DerWriter type;
  type.add(tag::kOid, oid::kSignedData);
  const Bytes outer_type = type.take();
  type.add(tag::kOid, oid::kData);
  const Bytes inner_type = type.take();
  const std::array<FrameLevel, 6> levels{{
      {.identifier = tag::kSequence, .front = outer_type, .after = 0},
      {.identifier = tag::context_constructed(0), .front = {}, .after = 0},
      {.identifier = tag::kSequence, .front = front, .after = back.size()},
      {.identifier = tag::kSequence, .front = inner_type, .after = 0},
      {.identifier = tag::context_constructed(0), .front = {}, .after = 0},
      {.identifier = tag::kOctetString, .front = {}, .after = 0},
  }};
  OpaqueSigner signer(pool, std::move(back), content_size);
  SG_TRY(signer.lines_.update(encode_frame(levels, content_size), signer.writer_));
  return signer;
}

OpaqueSigner::OpaqueSigner(SegmentPool& pool, Bytes back, std::uint64_t content_size)
    : writer_(pool), back_(std::move(back)), missing_(content_size) {}

Result<void> OpaqueSigner::update(ByteView bytes) {
  SG_CHECK(bytes.size() <= missing_);
  missing_ -= bytes.size();
  return lines_.update(bytes, writer_);
}

Result<Chain> OpaqueSigner::finish() {
  SG_CHECK(missing_ == 0);
  SG_TRY(lines_.update(back_, writer_));
  SG_TRY(lines_.finish(writer_));
  return writer_.take();
}

}  // namespace sealgate::engine::cms
