// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/token_probe.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.h"
#include "hsm/api/errors.h"
#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/mechanism.h"

namespace sealgate::hsm {
namespace {

constexpr CK_ULONG kMechanismsMax = 4096;
constexpr CK_ULONG kUnavailable = ~CK_ULONG{0};

std::string trimmed(const unsigned char* text, std::size_t size) {
  while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0')) --size;
  return {text, text + size};
}

std::string version_text(const CK_VERSION& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

struct Named {
  CK_ULONG value;
  std::string_view name;
};

constexpr std::array kStates = {
    Named{CKF_WRITE_PROTECTED, "write protected"},
    Named{CKF_LOGIN_REQUIRED, "login required"},
    Named{CKF_USER_PIN_INITIALIZED, "user PIN set"},
    Named{CKF_PROTECTED_AUTHENTICATION_PATH, "PIN entered at the device"},
    Named{CKF_USER_PIN_COUNT_LOW, "a wrong user PIN was tried"},
    Named{CKF_USER_PIN_FINAL_TRY, "one try of the user PIN left"},
    Named{CKF_USER_PIN_LOCKED, "user PIN locked"},
    Named{CKF_USER_PIN_TO_BE_CHANGED, "user PIN must be changed"},
    Named{CKF_SO_PIN_LOCKED, "security officer's PIN locked"},
};

constexpr std::array kMechanismNames = {
    Named{CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN"},
    Named{CKM_RSA_PKCS, "CKM_RSA_PKCS"},
    Named{CKM_RSA_X_509, "CKM_RSA_X_509"},
    Named{CKM_RSA_PKCS_OAEP, "CKM_RSA_PKCS_OAEP"},
    Named{CKM_RSA_PKCS_PSS, "CKM_RSA_PKCS_PSS"},
    Named{CKM_SHA256_RSA_PKCS, "CKM_SHA256_RSA_PKCS"},
    Named{CKM_SHA384_RSA_PKCS, "CKM_SHA384_RSA_PKCS"},
    Named{CKM_SHA512_RSA_PKCS, "CKM_SHA512_RSA_PKCS"},
    Named{CKM_SHA256_RSA_PKCS_PSS, "CKM_SHA256_RSA_PKCS_PSS"},
    Named{CKM_SHA384_RSA_PKCS_PSS, "CKM_SHA384_RSA_PKCS_PSS"},
    Named{CKM_SHA512_RSA_PKCS_PSS, "CKM_SHA512_RSA_PKCS_PSS"},
    Named{CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN"},
    Named{CKM_ECDSA, "CKM_ECDSA"},
    Named{CKM_ECDH1_DERIVE, "CKM_ECDH1_DERIVE"},
    Named{CKM_EC_EDWARDS_KEY_PAIR_GEN, "CKM_EC_EDWARDS_KEY_PAIR_GEN"},
    Named{CKM_EDDSA, "CKM_EDDSA"},
};

std::string mechanism_name(CK_MECHANISM_TYPE type) {
  for (const Named& each : kMechanismNames) {
    if (each.value == type) return std::string(each.name);
  }
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(type >> (24 - 8 * i));
  }
  return "0x" + to_hex(bytes);
}

Result<void> read_library(CK_FUNCTION_LIST& functions, TokenReport& report) {
  CK_INFO library{};
  const CK_RV rv = functions.C_GetInfo(&library);
  if (rv != CKR_OK) return management_error(rv);
  report.library_description =
      trimmed(library.libraryDescription, sizeof library.libraryDescription);
  report.library_manufacturer = trimmed(library.manufacturerID, sizeof library.manufacturerID);
  report.library_version = version_text(library.libraryVersion);
  report.cryptoki_version = version_text(library.cryptokiVersion);
  return {};
}

Result<void> read_token(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, TokenReport& report) {
  CK_SLOT_INFO slot_info{};
  CK_TOKEN_INFO token{};
  CK_RV rv = functions.C_GetSlotInfo(slot, &slot_info);
  if (rv == CKR_OK) rv = functions.C_GetTokenInfo(slot, &token);
  if (rv != CKR_OK) return management_error(rv);
  report.slot = slot;
  report.slot_description = trimmed(slot_info.slotDescription, sizeof slot_info.slotDescription);
  report.label = trimmed(token.label, sizeof token.label);
  report.manufacturer = trimmed(token.manufacturerID, sizeof token.manufacturerID);
  report.model = trimmed(token.model, sizeof token.model);
  report.serial = trimmed(token.serialNumber, sizeof token.serialNumber);
  report.hardware_version = version_text(token.hardwareVersion);
  report.firmware_version = version_text(token.firmwareVersion);
  report.flags = token.flags;
  for (const Named& state : kStates) {
    if ((token.flags & state.value) != 0) report.states.emplace_back(state.name);
  }
  report.sessions_max = token.ulMaxSessionCount == kUnavailable ? 0 : token.ulMaxSessionCount;
  return {};
}

Result<void> read_mechanisms(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot, TokenReport& report) {
  CK_ULONG count = 0;
  CK_RV rv = functions.C_GetMechanismList(slot, nullptr, &count);
  if (rv != CKR_OK) return management_error(rv);
  count = std::min(count, kMechanismsMax);
  std::vector<CK_MECHANISM_TYPE> types(count);
  rv = functions.C_GetMechanismList(slot, types.data(), &count);
  if (rv != CKR_OK) return management_error(rv);
  types.resize(std::min<std::size_t>(count, types.size()));
  for (const CK_MECHANISM_TYPE type : types) {
    CK_MECHANISM_INFO mechanism{};
    if (functions.C_GetMechanismInfo(slot, type, &mechanism) != CKR_OK) continue;
    report.mechanisms.push_back(
        {.type = type,
         .name = mechanism_name(type),
         .key_size_min = mechanism.ulMinKeySize,
         .key_size_max = mechanism.ulMaxKeySize,
         .can_sign = (mechanism.flags & CKF_SIGN) != 0,
         .can_decrypt = (mechanism.flags & CKF_DECRYPT) != 0,
         .can_derive = (mechanism.flags & CKF_DERIVE) != 0,
         .can_generate_key_pair = (mechanism.flags & CKF_GENERATE_KEY_PAIR) != 0});
  }
  return {};
}

bool lists(const TokenReport& report, CK_MECHANISM_TYPE type, KeyAction action) {
  for (const MechanismReport& mechanism : report.mechanisms) {
    if (mechanism.type != type) continue;
    switch (action) {
      case KeyAction::SignDigest:
        return mechanism.can_sign;
      case KeyAction::DecryptKey:
        return mechanism.can_decrypt;
      case KeyAction::DeriveSecret:
        return mechanism.can_derive;
    }
  }
  return false;
}

// By its own mechanism, or by the one through which it can be done.
bool is_listed(const TokenReport& report, const MechanismForm& form) {
  return lists(report, form.type, form.action) ||
         (form.action == KeyAction::DecryptKey && lists(report, CKM_RSA_X_509, form.action));
}

bool may(const KeyReport& key, KeyAction action) {
  switch (action) {
    case KeyAction::SignDigest:
      return key.may_sign;
    case KeyAction::DecryptKey:
      return key.may_decrypt;
    case KeyAction::DeriveSecret:
      return key.may_derive;
  }
  return false;
}

// A key that costs a login for each use is not touched.
const TokenKey* key_to_try(const KeyTable& keys, const MechanismForm& form, KeyType type) {
  for (const TokenKey& key : keys.keys()) {
    if (key.report.type == type && may(key.report, form.action) && key.public_key != nullptr &&
        !key.report.always_authenticate) {
      return &key;
    }
  }
  return nullptr;
}

// An operation with a known answer. Signatures have none: execute() verifies them.
struct Trial {
  KeyOperation operation;
  Bytes expected;
};

Result<Trial> make_trial(const TokenKey& key, const MechanismForm& form) {
  SystemRandom random;
  std::array<std::uint8_t, 64> noise{};
  random.fill(noise);
  Trial trial;
  trial.operation.action = form.action;
  trial.operation.mechanism = form.mechanism;
  switch (form.action) {
    case KeyAction::SignDigest:
      trial.operation.input.assign(
          ByteView(noise).first(form.digest_bytes == 0 ? noise.size() : form.digest_bytes));
      break;
    case KeyAction::DecryptKey: {
      trial.expected.assign(noise.begin(), noise.begin() + 32);
      trial.operation.key_bytes = 32;
      const Bytes encrypted = SG_TRY(key.public_key->encrypt(form.mechanism, trial.expected));
      trial.operation.input.assign(encrypted);
      break;
    }
    case KeyAction::DeriveSecret: {
      PublicKey::Agreement agreement = SG_TRY(key.public_key->agree());
      trial.operation.input.assign(agreement.peer_point);
      trial.expected = std::move(agreement.secret);
      break;
    }
  }
  return trial;
}

ProbeReport try_mechanism(Session& session, const KeyTable& keys, const MechanismForm& form,
                          KeyType type) {
  ProbeReport probe{.mechanism = form.mechanism,
                    .key_type = type,
                    .result = ProbeResult::NotProbed,
                    .detail = 0,
                    .is_through_raw_rsa = false};
  const TokenKey* const key = key_to_try(keys, form, type);
  if (key == nullptr) return probe;
  Result<Trial> trial = make_trial(*key, form);
  if (!trial) return probe;
  InlineBytes<kKeyOutputBytesMax> output;
  const ExecuteResult result = session.execute(*key, trial.value().operation, output);
  probe.detail = static_cast<std::int64_t>(result.rv);
  if (result.is_signature_wrong) {
    probe.result = ProbeResult::Wrong;
  } else if (result.outcome != KeyOutcome::Done) {
    probe.result = ProbeResult::Refused;
  } else if (form.action != KeyAction::SignDigest &&
             !equal_secret(output.view(), trial.value().expected)) {
    // With PKCS#1 v1.5 a refusal comes as a key that is another.
    probe.result =
        form.mechanism == Mechanism::RsaPkcs1Decrypt ? ProbeResult::Refused : ProbeResult::Wrong;
  } else {
    probe.result = ProbeResult::Works;
    probe.is_through_raw_rsa =
        form.action == KeyAction::DecryptKey && key->ways.rsa(form.mechanism).first == RsaWay::Raw;
  }
  wipe_bytes(output.bytes);
  return probe;
}

constexpr std::array kTypes = {KeyType::Rsa,    KeyType::EcP256,  KeyType::EcP384,
                               KeyType::EcP521, KeyType::Ed25519, KeyType::X25519};

}  // namespace

Result<TokenReport> probe_token(Module& module, CK_SLOT_ID slot, Session& session,
                                const KeyTable& keys) {
  TokenReport report;
  report.module = module.name();
  SG_TRY(read_library(module.functions(), report));
  SG_TRY(read_token(module.functions(), slot, report));
  SG_TRY(read_mechanisms(module.functions(), slot, report));
  for (const TokenKey& key : keys.keys()) report.keys.push_back(key.report);
  for (const MechanismForm& form : all_forms()) {
    for (const KeyType type : kTypes) {
      if (!fits(form.family, type)) continue;
      if (is_listed(report, form)) {
        report.probes.push_back(try_mechanism(session, keys, form, type));
      } else {
        report.probes.push_back({.mechanism = form.mechanism,
                                 .key_type = type,
                                 .result = ProbeResult::NotListed,
                                 .detail = 0,
                                 .is_through_raw_rsa = false});
      }
    }
  }
  return report;
}

}  // namespace sealgate::hsm
