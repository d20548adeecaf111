// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/recipient_info.h"

#include <array>

#include <openssl/rsa.h>

#include "engine/cms/algorithm_identifiers.h"
#include "engine/cms/algorithms.h"
#include "engine/cms/certificate_id.h"
#include "engine/cms/errors.h"
#include "engine/cms/key_agreement.h"
#include "engine/cms/openssl_ptr.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::cms {
namespace {

using EncryptedKey = hsm::InlineBytes<kKeyInputBytesMax>;

bool set_padding(EVP_PKEY_CTX* operation, KeyTransport transport) {
  const EVP_MD* sha256 = implementation_of(DigestAlgorithm::Sha256);
  switch (transport) {
    case KeyTransport::RsaPkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PADDING) == 1;
    case KeyTransport::RsaOaepSha1:
      // SHA-1 with MGF1 over SHA-1 is OpenSSL's default too.
      return EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_OAEP_PADDING) == 1;
    case KeyTransport::RsaOaepSha256:
      return EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_OAEP_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_oaep_md(operation, sha256) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(operation, sha256) == 1;
  }
  return false;
}

Result<EncryptedKey> encrypt_key(EVP_PKEY* key, KeyTransport transport, ByteView content_key) {
  const KeyContextPtr operation(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  EncryptedKey encrypted;
  std::size_t size = encrypted.bytes.size();
  if (operation == nullptr || EVP_PKEY_encrypt_init(operation.get()) != 1 ||
      !set_padding(operation.get(), transport) ||
      EVP_PKEY_encrypt(operation.get(), encrypted.bytes.data(), &size, content_key.data(),
                       content_key.size()) != 1) {
    return Error(kRecipientKeyRefused, take_openssl_error());
  }
  encrypted.size = static_cast<std::uint16_t>(size);
  return encrypted;
}

Result<void> check_key_id(const EnvelopeRecipient& recipient) {
  const bool is_by_key_id = recipient.id == RecipientIdKind::SubjectKeyId;
  if (is_by_key_id && !recipient.certificate->subject_key_id().has_value()) {
    return kRecipientKeyIdMissing;
  }
  return {};
}

// RFC 5652, 6.2.1.
Result<RecipientInfo> encode_transport(const EnvelopeRecipient& recipient, ByteView content_key) {
  const trust::Certificate& certificate = *recipient.certificate;
  // RFC 4055, 1.2: a key bound to RSASSA-PSS does not encrypt.
  if (certificate.is_pss_key()) return kRecipientKeyUnsupported;
  const EncryptedKey encrypted =
      SG_TRY(encrypt_key(certificate.public_key(), recipient.rsa, content_key));
  const bool is_by_key_id = recipient.id == RecipientIdKind::SubjectKeyId;
  const std::uint32_t version = is_by_key_id ? 2 : 0;

  DerWriter writer;
  writer.begin(tag::kSequence);
  writer.add_integer(version);
  if (is_by_key_id) {
    writer.add(tag::context(0), *certificate.subject_key_id());
  } else {
    add_issuer_and_serial(writer, certificate);
  }
  add_key_transport_algorithm(writer, recipient.rsa);
  writer.add(tag::kOctetString, encrypted.view());
  writer.end();
  return RecipientInfo{.der = writer.take(), .version = version};
}

// RecipientEncryptedKeys with one key.
void add_encrypted_keys(DerWriter& writer, const EnvelopeRecipient& recipient,
                        ByteView wrapped_key) {
  writer.begin(tag::kSequence);
  writer.begin(tag::kSequence);
  if (recipient.id == RecipientIdKind::SubjectKeyId) {
    writer.begin(tag::context_constructed(0));
    writer.add(tag::kOctetString, *recipient.certificate->subject_key_id());
    writer.end();
  } else {
    add_issuer_and_serial(writer, *recipient.certificate);
  }
  writer.add(tag::kOctetString, wrapped_key);
  writer.end();
  writer.end();
}

// RFC 5652, 6.2.2; RFC 5753, 3.1.1. Each recipient has an ephemeral key of its own: readers
// that take the first key of a shared structure exist, and nobody learns who shares a curve.
Result<RecipientInfo> encode_agreement(const EnvelopeRecipient& recipient, ByteView content_key) {
  constexpr std::uint32_t kVersion = 3;
  const AgreedKey agreed = SG_TRY(agree_key(*recipient.certificate, content_key));
  DerWriter writer;
  writer.begin(tag::context_constructed(1));
  writer.add_integer(kVersion);
  writer.begin(tag::context_constructed(0));
  writer.begin(tag::context_constructed(1));
  add_algorithm(writer, agreed.originator_algorithm);
  writer.add_bit_string(agreed.ephemeral_key);
  writer.end();
  writer.end();
  writer.begin(tag::kSequence);
  writer.add(tag::kOid, agreed.scheme);
  add_algorithm(writer, agreed.wrap);
  writer.end();
  add_encrypted_keys(writer, recipient, agreed.wrapped_key());
  writer.end();
  return RecipientInfo{.der = writer.take(), .version = kVersion};
}

}  // namespace

Result<RecipientInfo> encode_recipient(const EnvelopeRecipient& recipient, ByteView content_key) {
  SG_CHECK(recipient.certificate != nullptr);
  SG_TRY(check_key_id(recipient));
  switch (recipient.certificate->key_kind()) {
    case trust::KeyKind::Rsa:
      return encode_transport(recipient, content_key);
    case trust::KeyKind::P256:
    case trust::KeyKind::P384:
    case trust::KeyKind::P521:
    case trust::KeyKind::X25519:
      return encode_agreement(recipient, content_key);
    case trust::KeyKind::Ed25519:
    case trust::KeyKind::Unsupported:
      break;
  }
  return kRecipientKeyUnsupported;
}

}  // namespace sealgate::engine::cms
