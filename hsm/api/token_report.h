// SPDX-License-Identifier: Apache-2.0
//
// What a token is and holds, as found when it was probed. Plain data for `sealgate doctor`,
// `sealgate keys list` and the management plane.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/api/key_operation.h"

namespace sealgate::hsm {

enum class KeyType : std::uint8_t {
  Rsa,
  EcP256,
  EcP384,
  EcP521,
  Ed25519,
  X25519,
  Other,  // Listed, never used.
};

std::string_view name_of(KeyType type);

// One private key on a token. `id` is all zero where the token shows no public half.
struct KeyReport {
  std::string uri;    // RFC 7512, without PIN: token, id, object, type=private.
  std::string label;  // CKA_LABEL, not checked for UTF-8.
  Bytes token_id;     // CKA_ID.
  KeyId id;
  KeyType type = KeyType::Other;
  std::uint32_t bits = 0;
  Bytes public_key;  // DER SubjectPublicKeyInfo; empty where the token shows no public half.
  bool may_sign = false;
  bool may_decrypt = false;
  bool may_derive = false;
  bool is_sensitive = false;
  bool is_extractable = true;
  bool always_authenticate = false;  // Each use costs a login of its own.
};

struct MechanismReport {
  std::uint64_t type = 0;  // CK_MECHANISM_TYPE.
  std::string name;        // "CKM_RSA_PKCS", or hexadecimal where not known.
  std::uint64_t key_size_min = 0;
  std::uint64_t key_size_max = 0;
  bool can_sign = false;
  bool can_decrypt = false;
  bool can_derive = false;
  bool can_generate_key_pair = false;
};

// Tokens list mechanisms that they then refuse: so each is tried with a key that may do it.
enum class ProbeResult : std::uint8_t {
  NotListed,  // The token does not list the mechanism.
  NotProbed,  // Listed, but there is no key to try it with.
  Works,      // Tried, and the result was checked in software.
  Refused,    // Listed, tried, refused.
  Wrong,      // Tried, and the result was wrong.
};

struct ProbeReport {
  Mechanism mechanism = Mechanism::RsaPkcs1Sha256;
  KeyType key_type = KeyType::Other;
  ProbeResult result = ProbeResult::NotListed;
  std::int64_t detail = 0;  // The CK_RV of a refusal.
  // Decrypting: the token does raw RSA (CKM_RSA_X_509), and the padding is undone in software.
  bool is_through_raw_rsa = false;
};

struct TokenReport {
  std::string module;  // As configured.
  std::string library_description;
  std::string library_manufacturer;
  std::string library_version;
  std::string cryptoki_version;
  std::uint64_t slot = 0;
  std::string slot_description;
  std::string label;
  std::string manufacturer;
  std::string model;
  std::string serial;
  std::string hardware_version;
  std::string firmware_version;
  std::uint64_t flags = 0;          // CK_TOKEN_INFO.flags.
  std::vector<std::string> states;  // Flags in words: "user PIN locked", "write protected" ...
  std::uint64_t sessions_max = 0;   // 0: not limited or not told.
  std::vector<MechanismReport> mechanisms;
  std::vector<KeyReport> keys;
  std::vector<ProbeReport> probes;
};

}  // namespace sealgate::hsm
