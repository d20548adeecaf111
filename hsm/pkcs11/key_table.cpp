// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/key_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.h"
#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/mechanism.h"
#include "hsm/pkcs11/object_reader.h"
#include "hsm/pkcs11/token_uri.h"

namespace sealgate::hsm {
namespace {

// CKA_PUBLIC_KEY_INFO: PKCS#11 2.40, 4.4; not in p11-kit's header.
constexpr CK_ATTRIBUTE_TYPE kPublicKeyInfo = 0x129;

// Something beside a private key that may show its public half.
struct Companion {
  CK_OBJECT_HANDLE handle = 0;
  CK_OBJECT_CLASS object_class = 0;
  Bytes id;
  Bytes label;
  CK_KEY_TYPE key_type = 0;
};

bool belongs(const Companion& companion, const TokenKey& key) {
  if (companion.id != key.report.token_id) return false;
  // Objects without CKA_ID are told apart by their label alone.
  if (!companion.id.empty()) return true;
  return !companion.label.empty() && as_text(companion.label) == key.report.label;
}

Result<PublicKey> read_ec(ObjectReader& reader, CK_OBJECT_HANDLE object) {
  const Bytes parameters = reader.bytes(object, CKA_EC_PARAMS);
  const Bytes point = reader.bytes(object, CKA_EC_POINT);
  return PublicKey::from_ec(parameters, point);
}

Result<PublicKey> read_rsa(ObjectReader& reader, CK_OBJECT_HANDLE object) {
  const Bytes modulus = reader.bytes(object, CKA_MODULUS);
  const Bytes exponent = reader.bytes(object, CKA_PUBLIC_EXPONENT);
  return PublicKey::from_rsa(modulus, exponent);
}

// What the key object itself, private or public, tells about the public half.
Result<PublicKey> read_public(ObjectReader& reader, CK_OBJECT_HANDLE object, CK_KEY_TYPE type) {
  if (type == CKK_RSA) return read_rsa(reader, object);
  if (type == CKK_EC || type == CKK_EC_EDWARDS || type == CKK_EC_MONTGOMERY) {
    return read_ec(reader, object);
  }
  return kKeyNotReadable;
}

Result<PublicKey> read_companion(ObjectReader& reader, const Companion& companion,
                                 CK_KEY_TYPE type) {
  if (companion.object_class == CKO_CERTIFICATE) {
    return PublicKey::from_certificate(reader.bytes(companion.handle, CKA_VALUE));
  }
  if (companion.key_type != type) return kKeyNotReadable;
  return read_public(reader, companion.handle, type);
}

// Whether a companion with the same CKA_ID really is the other half: RSA private keys show their
// modulus, so a mix-up of ids on the token is seen.
bool contradicts(ObjectReader& reader, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
                 const PublicKey& key) {
  if (type != CKK_RSA) return key.type() == KeyType::Rsa;
  if (key.type() != KeyType::Rsa) return true;
  const Bytes modulus = reader.bytes(object, CKA_MODULUS);
  if (modulus.empty()) return false;
  const ByteView der = key.der();
  return std::search(der.begin(), der.end(), modulus.begin(), modulus.end()) == der.end();
}

Result<PublicKey> public_half(ObjectReader& reader, const TokenKey& key, CK_KEY_TYPE type,
                              const std::vector<Companion>& companions) {
  Result<PublicKey> own = read_public(reader, key.handle, type);
  if (own) return own;
  for (const CK_OBJECT_CLASS wanted : {CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    for (const Companion& companion : companions) {
      if (companion.object_class != wanted || !belongs(companion, key)) continue;
      Result<PublicKey> found = read_companion(reader, companion, type);
      if (found && !contradicts(reader, key.handle, type, found.value())) return found;
    }
  }
  const Bytes spki = reader.bytes(key.handle, kPublicKeyInfo);
  return PublicKey::from_spki(spki);
}

Result<std::vector<Companion>> read_companions(ObjectReader& reader) {
  std::vector<Companion> companions;
  for (const CK_OBJECT_CLASS wanted : {CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    const std::vector<CK_OBJECT_HANDLE> handles = SG_TRY(reader.find(wanted));
    for (const CK_OBJECT_HANDLE handle : handles) {
      companions.push_back({.handle = handle,
                            .object_class = wanted,
                            .id = reader.bytes(handle, CKA_ID),
                            .label = reader.bytes(handle, CKA_LABEL),
                            .key_type = reader.number(handle, CKA_KEY_TYPE, ~CK_ULONG{0})});
    }
  }
  return companions;
}

Bytes substitute_for(const KeyReport& report, const PublicKey& key) {
  if (report.type == KeyType::Rsa && report.may_decrypt) {
    std::array<std::uint8_t, 32> noise{};
    SystemRandom random;
    random.fill(noise);
    Result<Bytes> encrypted = key.encrypt(Mechanism::RsaPkcs1Decrypt, noise);
    if (encrypted) return std::move(encrypted).value();
  }
  return report.may_derive ? key.point() : Bytes();
}

TokenKey read_key(ObjectReader& reader, CK_OBJECT_HANDLE handle,
                  const std::vector<Companion>& companions) {
  TokenKey key;
  key.handle = handle;
  const Bytes label = reader.bytes(handle, CKA_LABEL);
  key.report.label = std::string(as_text(label));
  key.report.token_id = reader.bytes(handle, CKA_ID);
  key.report.may_sign = reader.flag(handle, CKA_SIGN, CK_FALSE) != CK_FALSE;
  key.report.may_decrypt = reader.flag(handle, CKA_DECRYPT, CK_FALSE) != CK_FALSE;
  key.report.may_derive = reader.flag(handle, CKA_DERIVE, CK_FALSE) != CK_FALSE;
  key.report.is_sensitive = reader.flag(handle, CKA_SENSITIVE, CK_FALSE) != CK_FALSE;
  key.report.is_extractable = reader.flag(handle, CKA_EXTRACTABLE, CK_TRUE) != CK_FALSE;
  key.report.always_authenticate =
      reader.flag(handle, CKA_ALWAYS_AUTHENTICATE, CK_FALSE) != CK_FALSE;
  const CK_KEY_TYPE type = reader.number(handle, CKA_KEY_TYPE, ~CK_ULONG{0});
  Result<PublicKey> half = public_half(reader, key, type, companions);
  if (!half) return key;
  key.public_key = std::make_shared<const PublicKey>(std::move(half).value());
  key.report.id = key.public_key->id();
  key.report.type = key.public_key->type();
  key.report.bits = key.public_key->bits();
  key.report.public_key.assign(key.public_key->der().begin(), key.public_key->der().end());
  key.substitute = substitute_for(key.report, *key.public_key);
  return key;
}

int usefulness(const KeyReport& report) {
  return (report.may_sign ? 1 : 0) + (report.may_decrypt ? 1 : 0) + (report.may_derive ? 1 : 0);
}

}  // namespace

KeyTable::KeyTable(std::vector<TokenKey> keys) : keys_(std::move(keys)) {
  std::stable_sort(keys_.begin(), keys_.end(), [](const TokenKey& left, const TokenKey& right) {
    if (left.report.id != right.report.id) return left.report.id < right.report.id;
    return usefulness(left.report) > usefulness(right.report);
  });
}

const TokenKey* KeyTable::find(const KeyId& id) const {
  const auto found = std::lower_bound(
      keys_.begin(), keys_.end(), id,
      [](const TokenKey& key, const KeyId& wanted) { return key.report.id < wanted; });
  if (found == keys_.end() || found->report.id != id || found->public_key == nullptr) {
    return nullptr;
  }
  return &*found;
}

Result<std::vector<TokenKey>> read_keys(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                                        const CK_TOKEN_INFO& token_info) {
  ObjectReader reader(functions, session);
  const std::vector<Companion> companions = SG_TRY(read_companions(reader));
  std::vector<CK_OBJECT_HANDLE> handles = SG_TRY(reader.find(CKO_PRIVATE_KEY));
  if (handles.size() > KeyTable::kKeysMax) handles.resize(KeyTable::kKeysMax);
  std::vector<TokenKey> keys;
  keys.reserve(handles.size());
  for (const CK_OBJECT_HANDLE handle : handles) {
    TokenKey key = read_key(reader, handle, companions);
    key.report.uri = format_key_uri(token_info, as_bytes(key.report.label), key.report.token_id);
    keys.push_back(std::move(key));
  }
  if (reader.loss() != CKR_OK) return management_error(reader.loss());
  return keys;
}

}  // namespace sealgate::hsm
