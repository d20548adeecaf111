// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/algorithm_identifiers.h"

#include "base/check.h"
#include "engine/cms/oids.h"

namespace sealgate::engine::cms {
namespace {

ByteView oid_of(DigestAlgorithm digest) {
  switch (digest) {
    case DigestAlgorithm::Sha256:
      return oid::kSha256;
    case DigestAlgorithm::Sha384:
      return oid::kSha384;
    case DigestAlgorithm::Sha512:
      return oid::kSha512;
  }
  return {};
}

ByteView oid_of(ContentCipher cipher) {
  switch (cipher) {
    case ContentCipher::Aes128Cbc:
      return oid::kAes128Cbc;
    case ContentCipher::Aes256Cbc:
      return oid::kAes256Cbc;
    case ContentCipher::Aes128Gcm:
      return oid::kAes128Gcm;
    case ContentCipher::Aes256Gcm:
      return oid::kAes256Gcm;
  }
  return {};
}

void add_with_null(DerWriter& writer, ByteView oid) {
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid);
  writer.add(tag::kNull, {});
  writer.end();
}

// RFC 4055, 2.1: [0] the digest, [1] MGF1 with the same digest. Inside these parameters a
// digest has NULL parameters.
void add_digest_and_mask(DerWriter& writer, DigestAlgorithm digest) {
  writer.begin(tag::context_constructed(0));
  add_with_null(writer, oid_of(digest));
  writer.end();
  writer.begin(tag::context_constructed(1));
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid::kMgf1);
  add_with_null(writer, oid_of(digest));
  writer.end();
  writer.end();
}

// RFC 4055, 3.1: salt as long as the digest; the trailer field has its default.
void add_pss(DerWriter& writer, DigestAlgorithm digest) {
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid::kRsassaPss);
  writer.begin(tag::kSequence);
  add_digest_and_mask(writer, digest);
  writer.begin(tag::context_constructed(2));
  writer.add_integer(static_cast<std::uint32_t>(digest_size(digest)));
  writer.end();
  writer.end();
  writer.end();
}

}  // namespace

void add_algorithm(DerWriter& writer, ByteView oid) {
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid);
  writer.end();
}

void add_digest_algorithm(DerWriter& writer, DigestAlgorithm digest) {
  add_algorithm(writer, oid_of(digest));
}

void add_signature_algorithm(DerWriter& writer, hsm::Mechanism mechanism) {
  switch (mechanism) {
    case hsm::Mechanism::RsaPkcs1Sha256:
    case hsm::Mechanism::RsaPkcs1Sha384:
    case hsm::Mechanism::RsaPkcs1Sha512:
      // RFC 5754, 3.2 allows rsaEncryption, which every reader knows (RFC 3370, 3.2).
      return add_with_null(writer, oid::kRsaEncryption);
    case hsm::Mechanism::RsaPssSha256:
      return add_pss(writer, DigestAlgorithm::Sha256);
    case hsm::Mechanism::RsaPssSha384:
      return add_pss(writer, DigestAlgorithm::Sha384);
    case hsm::Mechanism::RsaPssSha512:
      return add_pss(writer, DigestAlgorithm::Sha512);
    case hsm::Mechanism::EcdsaSha256:
      return add_algorithm(writer, oid::kEcdsaSha256);
    case hsm::Mechanism::EcdsaSha384:
      return add_algorithm(writer, oid::kEcdsaSha384);
    case hsm::Mechanism::EcdsaSha512:
      return add_algorithm(writer, oid::kEcdsaSha512);
    case hsm::Mechanism::Ed25519:
      return add_algorithm(writer, oid::kEd25519);
    case hsm::Mechanism::RsaPkcs1Decrypt:
    case hsm::Mechanism::RsaOaepSha1Decrypt:
    case hsm::Mechanism::RsaOaepSha256Decrypt:
    case hsm::Mechanism::RsaOaepSha384Decrypt:
    case hsm::Mechanism::RsaOaepSha512Decrypt:
    case hsm::Mechanism::RsaOaepSha256Mgf1Sha1Decrypt:
    case hsm::Mechanism::EcdhDerive:
      break;
  }
  fail_check("a mechanism that signs", SourceLocation::current());
}

void add_key_transport_algorithm(DerWriter& writer, KeyTransport transport) {
  switch (transport) {
    case KeyTransport::RsaPkcs1:
      return add_with_null(writer, oid::kRsaEncryption);
    case KeyTransport::RsaOaepSha1:
      // All parameters have their defaults, which DER leaves out.
      writer.begin(tag::kSequence);
      writer.add(tag::kOid, oid::kRsaesOaep);
      writer.add(tag::kSequence, {});
      writer.end();
      return;
    case KeyTransport::RsaOaepSha256:
      writer.begin(tag::kSequence);
      writer.add(tag::kOid, oid::kRsaesOaep);
      writer.begin(tag::kSequence);
      add_digest_and_mask(writer, DigestAlgorithm::Sha256);
      writer.end();
      writer.end();
      return;
  }
}

void add_content_algorithm(DerWriter& writer, ContentCipher cipher, ByteView iv) {
  constexpr std::uint32_t kTagBytes = 16;
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, oid_of(cipher));
  if (is_authenticated(cipher)) {
    writer.begin(tag::kSequence);
    writer.add(tag::kOctetString, iv);
    // The default is 12, so 16 has to be there.
    writer.add_integer(kTagBytes);
    writer.end();
  } else {
    writer.add(tag::kOctetString, iv);
  }
  writer.end();
}

}  // namespace sealgate::engine::cms
