// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/profile.h"

#include <array>

#include "engine/trust/capabilities.h"

namespace sealgate::engine::policy {
namespace {

// default: what Outlook, Apple Mail and Thunderbird all open; better only where the contact's
//   signed mail or certificate says that he can.
// modern: for contacts known to have current software: PSS, OAEP, authenticated encryption.
// edi-energy: EDI@Energy of the German energy market: PSS and OAEP demanded, AES-CBC.
// kim: the German health network: elliptic curves only, authenticated encryption.
const std::array<Profile, 4>& built_ins() {
  static const std::array<Profile, 4> profiles = {
      Profile{.name = "default"},
      Profile{.name = "modern",
              .rsa_signature = RsaSignature::Pss,
              .cipher = Cipher::Aes256Gcm,
              .rsa_transport = RsaTransport::OaepSha256,
              .capabilities = CapabilityUse::Ignore},
      Profile{.name = "edi-energy",
              .rsa_signature = RsaSignature::Pss,
              .cipher = Cipher::Aes128Cbc,
              .rsa_transport = RsaTransport::OaepSha256,
              .keys = KeyChoice::Rsa,
              .capabilities = CapabilityUse::Ignore},
      Profile{.name = "kim",
              .cipher = Cipher::Aes256Gcm,
              .keys = KeyChoice::Elliptic,
              .capabilities = CapabilityUse::Ignore},
  };
  return profiles;
}

void follow_cipher(const trust::Capabilities& can, Cipher& cipher) {
  if (can.aes256_gcm) {
    cipher = Cipher::Aes256Gcm;
  } else if (can.aes128_gcm) {
    cipher = Cipher::Aes128Gcm;
  } else if (can.aes256_cbc) {
    cipher = Cipher::Aes256Cbc;
  } else if (can.aes128_cbc) {
    cipher = Cipher::Aes128Cbc;
  }
}

// What the contact says of key agreement with keys of this kind.
trust::WrapCapability wrap_of(const trust::Capabilities& can, trust::KeyKind kind) {
  switch (kind) {
    case trust::KeyKind::P256:
      return can.ecdh_sha256;
    case trust::KeyKind::P384:
      return can.ecdh_sha384;
    case trust::KeyKind::P521:
      return can.ecdh_sha512;
    case trust::KeyKind::X25519:
      return can.ecdh_hkdf_sha256;
    case trust::KeyKind::Rsa:
    case trust::KeyKind::Ed25519:
    case trust::KeyKind::Unsupported:
      break;
  }
  return {};
}

// The content key is wrapped by AES of its own size: who unwraps only the short one gets that.
void follow_wrap(const trust::WrapCapability& can, Cipher& cipher) {
  if (can.aes256 || !can.aes128) return;
  if (cipher == Cipher::Aes256Cbc) cipher = Cipher::Aes128Cbc;
  if (cipher == Cipher::Aes256Gcm) cipher = Cipher::Aes128Gcm;
}

bool follow_transport(const trust::Capabilities& can, RsaTransport& transport) {
  const RsaTransport before = transport;
  if (can.oaep_sha256) {
    transport = RsaTransport::OaepSha256;
  } else if (can.oaep_sha1) {
    transport = RsaTransport::OaepSha1;
  }
  return transport != before;
}

}  // namespace

trust::KeyConstraints Profile::constraints() const {
  return {.allows_rsa = keys != KeyChoice::Elliptic,
          .allows_elliptic = keys != KeyChoice::Rsa,
          .profile = name};
}

std::span<const Profile> built_in_profiles() {
  return built_ins();
}

ContactAlgorithms algorithms_for(const Profile& profile, const trust::Certificate& contact,
                                 ByteView learned) {
  ContactAlgorithms algorithms{.cipher = profile.cipher,
                               .rsa_transport = profile.rsa_transport,
                               .recipient_name = profile.recipient_name,
                               .reason = "profile " + profile.name};
  if (!contact.subject_key_id()) algorithms.recipient_name = RecipientName::IssuerSerial;
  if (profile.capabilities == CapabilityUse::Ignore) return algorithms;
  trust::Capabilities can = trust::parse_capabilities(learned);
  const bool is_learned = can.is_present;
  if (!is_learned) can = trust::parse_capabilities(contact.capabilities_der());
  if (!can.is_present) return algorithms;
  const std::string who = is_learned ? "; the contact's signed mail asks for "
                                     : "; the certificate's capabilities ask for ";
  const Cipher before = algorithms.cipher;
  follow_cipher(can, algorithms.cipher);
  follow_wrap(wrap_of(can, contact.key_kind()), algorithms.cipher);
  if (algorithms.cipher != before)
    algorithms.reason += who + std::string(name_of(algorithms.cipher));
  const bool is_rsa = contact.key_kind() == trust::KeyKind::Rsa;
  if (is_rsa && follow_transport(can, algorithms.rsa_transport)) {
    algorithms.reason += who + std::string(name_of(algorithms.rsa_transport));
  }
  return algorithms;
}

RsaSignature rsa_signature_for(const Profile& profile, const trust::Certificate& signer) {
  return signer.is_pss_key() ? RsaSignature::Pss : profile.rsa_signature;
}

}  // namespace sealgate::engine::policy
