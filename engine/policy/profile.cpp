// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/profile.h"

#include <array>

#include "engine/trust/capabilities.h"

namespace sealgate::engine::policy {
namespace {

// default: what Outlook, Apple Mail and Thunderbird all open; better only where the contact's
//   certificate says that he can.
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

bool follow_cipher(const trust::Capabilities& can, Cipher& cipher) {
  const Cipher before = cipher;
  if (can.aes256_gcm) {
    cipher = Cipher::Aes256Gcm;
  } else if (can.aes128_gcm) {
    cipher = Cipher::Aes128Gcm;
  } else if (can.aes256_cbc) {
    cipher = Cipher::Aes256Cbc;
  } else if (can.aes128_cbc) {
    cipher = Cipher::Aes128Cbc;
  }
  return cipher != before;
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

ContactAlgorithms algorithms_for(const Profile& profile, const trust::Certificate& contact) {
  ContactAlgorithms algorithms{.cipher = profile.cipher,
                               .rsa_transport = profile.rsa_transport,
                               .recipient_name = profile.recipient_name,
                               .reason = "profile " + profile.name};
  if (!contact.subject_key_id()) algorithms.recipient_name = RecipientName::IssuerSerial;
  if (profile.capabilities == CapabilityUse::Ignore) return algorithms;
  const trust::Capabilities can = trust::parse_capabilities(contact.capabilities_der());
  if (!can.is_present) return algorithms;
  if (follow_cipher(can, algorithms.cipher)) {
    algorithms.reason +=
        "; the certificate's capabilities ask for " + std::string(name_of(algorithms.cipher));
  }
  const bool is_rsa = contact.key_kind() == trust::KeyKind::Rsa;
  if (is_rsa && follow_transport(can, algorithms.rsa_transport)) {
    algorithms.reason += "; the certificate's capabilities ask for " +
                         std::string(name_of(algorithms.rsa_transport));
  }
  return algorithms;
}

RsaSignature rsa_signature_for(const Profile& profile, const trust::Certificate& signer) {
  return signer.is_pss_key() ? RsaSignature::Pss : profile.rsa_signature;
}

}  // namespace sealgate::engine::policy
