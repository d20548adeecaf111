// SPDX-License-Identifier: Apache-2.0
//
// A profile names the algorithms that a message is sealed with. Which of them really apply also
// depends on the keys: an EC key signs by ECDSA and gets its content key by ECDH whatever the
// RSA settings say.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/trust/certificate.h"
#include "engine/trust/selection.h"

namespace sealgate::engine::policy {

enum class Digest : std::uint8_t { Sha256, Sha384, Sha512 };
enum class RsaSignature : std::uint8_t { Pkcs1, Pss };
enum class SignatureForm : std::uint8_t { Clear, Opaque };  // RFC 8551, 3.5.3 and 3.5.2.
enum class Cipher : std::uint8_t { Aes128Cbc, Aes256Cbc, Aes128Gcm, Aes256Gcm };
enum class RsaTransport : std::uint8_t { Pkcs1, OaepSha1, OaepSha256 };
enum class RecipientName : std::uint8_t { IssuerSerial, SubjectKeyId };
enum class KeyChoice : std::uint8_t { Any, Rsa, Elliptic };
// Whether a contact's capabilities, learned from him or written in his certificate (RFC 4262), may
// replace cipher and RSA transport.
enum class CapabilityUse : std::uint8_t { Follow, Ignore };

struct Profile {
  std::string name;
  Digest digest = Digest::Sha256;
  RsaSignature rsa_signature = RsaSignature::Pkcs1;
  SignatureForm signature_form = SignatureForm::Clear;
  Cipher cipher = Cipher::Aes256Cbc;
  RsaTransport rsa_transport = RsaTransport::Pkcs1;
  RecipientName recipient_name = RecipientName::IssuerSerial;
  KeyChoice keys = KeyChoice::Any;
  CapabilityUse capabilities = CapabilityUse::Follow;

  trust::KeyConstraints constraints() const;
};

// "default", "modern", "edi-energy", "kim": what each sets is said in docs and built_in.cpp.
std::span<const Profile> built_in_profiles();

// What one contact's copy is encrypted with. Copies can be shared by contacts with equal
// ciphers. A certificate without subject key identifier is named by issuer and serial.
struct ContactAlgorithms {
  Cipher cipher = Cipher::Aes256Cbc;
  RsaTransport rsa_transport = RsaTransport::Pkcs1;
  RecipientName recipient_name = RecipientName::IssuerSerial;
  std::string reason;  // "profile default; the certificate's capabilities ask for aes-256-gcm".
};

// `learned` is what the contact has said in signed mail (trust::Candidate::capabilities): where it
// can be read, it goes before what the certificate says.
ContactAlgorithms algorithms_for(const Profile& profile, const trust::Certificate& contact,
                                 ByteView learned);

// How `signer` signs: PSS where the profile or the key itself (id-RSASSA-PSS) wants it.
RsaSignature rsa_signature_for(const Profile& profile, const trust::Certificate& signer);

// As configured: "sha256", "pkcs1", "clear", "aes-256-cbc", "oaep-sha256", "issuer-serial".
std::string_view name_of(Digest digest);
std::string_view name_of(RsaSignature scheme);
std::string_view name_of(SignatureForm form);
std::string_view name_of(Cipher cipher);
std::string_view name_of(RsaTransport transport);
std::string_view name_of(RecipientName name);
std::string_view name_of(KeyChoice keys);
std::string_view name_of(CapabilityUse use);

}  // namespace sealgate::engine::policy
