// SPDX-License-Identifier: Apache-2.0
#include "engine/policy/names.h"

namespace sealgate::engine::policy {
namespace {

template <typename Choices, typename Value>
std::string_view word_for(const Choices& choices, Value value) {
  for (const auto& choice : choices) {
    if (choice.value == value) return choice.word;
  }
  return "";
}

}  // namespace

std::string_view name_of(Digest digest) {
  return word_for(kDigests, digest);
}
std::string_view name_of(RsaSignature scheme) {
  return word_for(kRsaSignatures, scheme);
}
std::string_view name_of(SignatureForm form) {
  return word_for(kSignatureForms, form);
}
std::string_view name_of(Cipher cipher) {
  return word_for(kCiphers, cipher);
}
std::string_view name_of(RsaTransport transport) {
  return word_for(kRsaTransports, transport);
}
std::string_view name_of(RecipientName name) {
  return word_for(kRecipientNames, name);
}
std::string_view name_of(KeyChoice keys) {
  return word_for(kKeyChoices, keys);
}
std::string_view name_of(CapabilityUse use) {
  return word_for(kCapabilityUses, use);
}
std::string_view name_of(Treatment treatment) {
  return word_for(kTreatments, treatment);
}
std::string_view name_of(SignWish wish) {
  return word_for(kSignWishes, wish);
}
std::string_view name_of(EncryptWish wish) {
  return word_for(kEncryptWishes, wish);
}
std::string_view name_of(TlsWish wish) {
  return word_for(kTlsWishes, wish);
}

}  // namespace sealgate::engine::policy
