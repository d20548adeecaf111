// SPDX-License-Identifier: Apache-2.0
#include "engine/message/sealing_algorithms.h"

namespace sealgate::engine {
namespace {

cms::DigestAlgorithm digest_of(policy::Digest digest) {
  switch (digest) {
    case policy::Digest::Sha256:
      return cms::DigestAlgorithm::Sha256;
    case policy::Digest::Sha384:
      return cms::DigestAlgorithm::Sha384;
    case policy::Digest::Sha512:
      return cms::DigestAlgorithm::Sha512;
  }
  return cms::DigestAlgorithm::Sha256;
}

}  // namespace

cms::ContentCipher cipher_of(policy::Cipher cipher) {
  switch (cipher) {
    case policy::Cipher::Aes128Cbc:
      return cms::ContentCipher::Aes128Cbc;
    case policy::Cipher::Aes256Cbc:
      return cms::ContentCipher::Aes256Cbc;
    case policy::Cipher::Aes128Gcm:
      return cms::ContentCipher::Aes128Gcm;
    case policy::Cipher::Aes256Gcm:
      return cms::ContentCipher::Aes256Gcm;
  }
  return cms::ContentCipher::Aes256Cbc;
}

cms::KeyTransport transport_of(policy::RsaTransport transport) {
  switch (transport) {
    case policy::RsaTransport::Pkcs1:
      return cms::KeyTransport::RsaPkcs1;
    case policy::RsaTransport::OaepSha1:
      return cms::KeyTransport::RsaOaepSha1;
    case policy::RsaTransport::OaepSha256:
      return cms::KeyTransport::RsaOaepSha256;
  }
  return cms::KeyTransport::RsaPkcs1;
}

cms::RecipientIdKind id_kind_of(policy::RecipientName name) {
  return name == policy::RecipientName::SubjectKeyId ? cms::RecipientIdKind::SubjectKeyId
                                                     : cms::RecipientIdKind::IssuerAndSerial;
}

Result<cms::SignatureScheme> scheme_of(const trust::Certificate& signer,
                                       const policy::Profile& profile) {
  const bool is_pss = policy::rsa_signature_for(profile, signer) == policy::RsaSignature::Pss;
  return cms::signature_scheme(signer, digest_of(profile.digest),
                               is_pss ? cms::RsaPadding::Pss : cms::RsaPadding::Pkcs1);
}

cms::Capabilities announced_capabilities(const trust::Certificate& signer) {
  cms::Capabilities capabilities;
  capabilities.add(cms::Capability::Aes256Cbc);
  capabilities.add(cms::Capability::Aes128Cbc);
  if (trust::is_elliptic(signer.key_kind())) {
    capabilities.add(cms::Capability::EcdhSha256Aes256Wrap);
    capabilities.add(cms::Capability::EcdhSha256Aes128Wrap);
  }
  return capabilities;
}

std::string signature_name(const trust::Certificate& signer, const policy::Profile& profile) {
  if (signer.key_kind() == trust::KeyKind::Ed25519) return "ed25519";
  const std::string digest(policy::name_of(profile.digest));
  if (trust::is_elliptic(signer.key_kind())) return "ecdsa-" + digest;
  return "rsa-" + std::string(policy::name_of(policy::rsa_signature_for(profile, signer))) + "-" +
         digest;
}

std::string key_transport_name(const trust::Certificate& certificate,
                               policy::RsaTransport transport) {
  switch (certificate.key_kind()) {
    case trust::KeyKind::P256:
      return "ecdh-p256";
    case trust::KeyKind::P384:
      return "ecdh-p384";
    case trust::KeyKind::P521:
      return "ecdh-p521";
    case trust::KeyKind::X25519:
      return "ecdh-x25519";
    case trust::KeyKind::Rsa:
    case trust::KeyKind::Ed25519:
    case trust::KeyKind::Unsupported:
      break;
  }
  return "rsaes-" + std::string(policy::name_of(transport));
}

}  // namespace sealgate::engine
