// SPDX-License-Identifier: Apache-2.0
//
// The words of the configuration for each setting, in one place, for reading and for showing.
#pragma once

#include <array>
#include <string_view>

#include "engine/api/envelope.h"
#include "engine/policy/decision.h"
#include "engine/policy/profile.h"

namespace sealgate::engine::policy {

template <typename Value>
struct Choice {
  std::string_view word;
  Value value;
};

inline constexpr std::array kDirections = {Choice<Direction>{"outbound", Direction::Outbound},
                                           Choice<Direction>{"inbound", Direction::Inbound}};
inline constexpr std::array kSignWishes = {Choice<SignWish>{"always", SignWish::Always},
                                           Choice<SignWish>{"if_possible", SignWish::IfPossible},
                                           Choice<SignWish>{"never", SignWish::Never}};
inline constexpr std::array kEncryptWishes = {
    Choice<EncryptWish>{"required", EncryptWish::Required},
    Choice<EncryptWish>{"known", EncryptWish::Known},
    Choice<EncryptWish>{"if_possible", EncryptWish::IfPossible},
    Choice<EncryptWish>{"never", EncryptWish::Never}};
inline constexpr std::array kTlsWishes = {Choice<TlsWish>{"as_routed", TlsWish::AsRouted},
                                          Choice<TlsWish>{"required", TlsWish::Required},
                                          Choice<TlsWish>{"verified", TlsWish::Verified}};
inline constexpr std::array kTreatments = {Choice<Treatment>{"seal", Treatment::Seal},
                                           Choice<Treatment>{"pass", Treatment::Pass},
                                           Choice<Treatment>{"refuse", Treatment::Refuse}};
inline constexpr std::array kDigests = {Choice<Digest>{"sha256", Digest::Sha256},
                                        Choice<Digest>{"sha384", Digest::Sha384},
                                        Choice<Digest>{"sha512", Digest::Sha512}};
inline constexpr std::array kRsaSignatures = {Choice<RsaSignature>{"pkcs1", RsaSignature::Pkcs1},
                                              Choice<RsaSignature>{"pss", RsaSignature::Pss}};
inline constexpr std::array kSignatureForms = {
    Choice<SignatureForm>{"clear", SignatureForm::Clear},
    Choice<SignatureForm>{"opaque", SignatureForm::Opaque}};
inline constexpr std::array kCiphers = {Choice<Cipher>{"aes-128-cbc", Cipher::Aes128Cbc},
                                        Choice<Cipher>{"aes-256-cbc", Cipher::Aes256Cbc},
                                        Choice<Cipher>{"aes-128-gcm", Cipher::Aes128Gcm},
                                        Choice<Cipher>{"aes-256-gcm", Cipher::Aes256Gcm}};
inline constexpr std::array kRsaTransports = {
    Choice<RsaTransport>{"pkcs1", RsaTransport::Pkcs1},
    Choice<RsaTransport>{"oaep-sha1", RsaTransport::OaepSha1},
    Choice<RsaTransport>{"oaep-sha256", RsaTransport::OaepSha256}};
inline constexpr std::array kRecipientNames = {
    Choice<RecipientName>{"issuer-serial", RecipientName::IssuerSerial},
    Choice<RecipientName>{"subject-key-id", RecipientName::SubjectKeyId}};
inline constexpr std::array kKeyChoices = {Choice<KeyChoice>{"any", KeyChoice::Any},
                                           Choice<KeyChoice>{"rsa", KeyChoice::Rsa},
                                           Choice<KeyChoice>{"elliptic", KeyChoice::Elliptic}};
inline constexpr std::array kCapabilityUses = {
    Choice<CapabilityUse>{"follow", CapabilityUse::Follow},
    Choice<CapabilityUse>{"ignore", CapabilityUse::Ignore}};

}  // namespace sealgate::engine::policy
