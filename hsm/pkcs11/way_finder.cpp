// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/way_finder.h"

#include <array>

#include "base/random.h"
#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/ecdh.h"
#include "hsm/pkcs11/implicit_rejection.h"

namespace sealgate::hsm {
namespace {

// A token that is busy at the wrong moment must not be held for one that cannot.
constexpr int kTrialsMax = 2;

enum class TrialResult : std::uint8_t { Works, Fails, Untried };

class WayFinder {
 public:
  WayFinder(Session& session, CK_SLOT_ID slot, const std::vector<TokenKey>& keys)
      : functions_(session.functions()), calls_(session.calls()), slot_(slot), keys_(keys) {}

  Result<KeyWays> find();

 private:
  Result<void> find_rsa(KeyWays& ways);
  Result<void> find_point_form(KeyType type, KeyWays& ways);
  Result<bool> lists_decryption(CK_MECHANISM_TYPE type);
  const TokenKey* key_to_try(KeyType type) const;

  Result<TrialResult> try_rsa(const TokenKey* key, Mechanism mechanism, RsaWay way);
  CK_RV decrypt_once(const TokenKey& key, Mechanism mechanism, RsaWay way, bool& is_right);
  CK_RV derive_once(const TokenKey& key, PointForm form, bool& is_right);
  template <typename Once>
  Result<TrialResult> try_often(Once once);

  CK_FUNCTION_LIST& functions_;
  PrivateKeyCalls calls_;
  CK_SLOT_ID slot_;
  const std::vector<TokenKey>& keys_;
};

Result<bool> WayFinder::lists_decryption(CK_MECHANISM_TYPE type) {
  for (int trial = 0; trial < kTrialsMax; ++trial) {
    CK_MECHANISM_INFO listed{};
    const CK_RV rv = functions_.C_GetMechanismInfo(slot_, type, &listed);
    if (rv == CKR_OK) return (listed.flags & CKF_DECRYPT) != 0;
    if (meaning_of(rv).meaning == CkClass::Gone) return management_error(rv);
    if (meaning_of(rv).meaning == CkClass::KeyRefused) break;  // CKR_MECHANISM_INVALID.
  }
  return false;
}

const TokenKey* WayFinder::key_to_try(KeyType type) const {
  for (const TokenKey& key : keys_) {
    const bool is_fit = type == KeyType::Rsa ? key.report.may_decrypt : key.report.may_derive;
    if (key.report.type == type && is_fit && key.public_key != nullptr &&
        !key.report.always_authenticate) {
      return &key;
    }
  }
  return nullptr;
}

template <typename Once>
Result<TrialResult> WayFinder::try_often(Once once) {
  for (int trial = 0; trial < kTrialsMax; ++trial) {
    bool is_right = false;
    const CK_RV rv = once(is_right);
    if (meaning_of(rv).meaning == CkClass::Gone) return management_error(rv);
    if (rv == CKR_OK && is_right) return TrialResult::Works;
  }
  return TrialResult::Fails;
}

CK_RV WayFinder::decrypt_once(const TokenKey& key, Mechanism mechanism, RsaWay way,
                              bool& is_right) {
  std::array<std::uint8_t, 32> noise{};
  SystemRandom random;
  random.fill(noise);
  const Result<Bytes> encrypted = key.public_key->encrypt(mechanism, noise);
  if (!encrypted) return CKR_DATA_INVALID;
  MechanismCall own(form_of(mechanism));
  MechanismCall raw(CKM_RSA_X_509);
  std::array<std::uint8_t, kKeyOutputBytesMax> plain{};
  const CallResult call =
      calls_.decrypt(key, way == RsaWay::Raw ? raw : own, encrypted.value(), plain);
  if (call.rv != CKR_OK) return call.rv;
  if (way == RsaWay::Own) {
    is_right = equal_secret(ByteView(plain).first(call.size), noise);
    return CKR_OK;
  }
  const MutableBytes block = MutableBytes(plain).first(encrypted.value().size());
  if (call.size > block.size()) return CKR_OK;
  align_right(block, call.size);
  std::array<std::uint8_t, 32> found{};
  take_pkcs1_key(found, block, ~Mask{0});
  is_right = equal_secret(found, noise);
  return CKR_OK;
}

Result<TrialResult> WayFinder::try_rsa(const TokenKey* key, Mechanism mechanism, RsaWay way) {
  const bool is_listed =
      SG_TRY(lists_decryption(way == RsaWay::Raw ? CKM_RSA_X_509 : form_of(mechanism).type));
  if (!is_listed) return TrialResult::Fails;
  if (key == nullptr) return TrialResult::Untried;
  return try_often([&](bool& is_right) { return decrypt_once(*key, mechanism, way, is_right); });
}

// Raw RSA goes first for PKCS#1 v1.5, because only then does no bit of the padding leave the
// token's decryption; for OAEP the token's own goes first. What was not tried is the token's word
// alone, and there its own mechanism is the more common one.
RsaWays ways_of(TrialResult own, TrialResult raw, RsaWay preferred) {
  RsaWay first = own == TrialResult::Fails && raw != own ? RsaWay::Raw : RsaWay::Own;
  if (own == TrialResult::Works && raw == TrialResult::Works) first = preferred;
  const TrialResult rest = first == RsaWay::Own ? raw : own;
  if (rest == TrialResult::Fails) return {.first = first, .second = std::nullopt};
  return {.first = first, .second = first == RsaWay::Own ? RsaWay::Raw : RsaWay::Own};
}

Result<void> WayFinder::find_rsa(KeyWays& ways) {
  const TokenKey* const key = key_to_try(KeyType::Rsa);
  const TrialResult raw = SG_TRY(try_rsa(key, Mechanism::RsaPkcs1Decrypt, RsaWay::Raw));
  for (const MechanismForm& form : all_forms()) {
    if (form.action != KeyAction::DecryptKey) continue;
    const TrialResult own = SG_TRY(try_rsa(key, form.mechanism, RsaWay::Own));
    const bool is_pkcs1 = form.mechanism == Mechanism::RsaPkcs1Decrypt;
    ways.set_rsa(form.mechanism, ways_of(own, raw, is_pkcs1 ? RsaWay::Raw : RsaWay::Own));
  }
  return {};
}

CK_RV WayFinder::derive_once(const TokenKey& key, PointForm form, bool& is_right) {
  const Result<PublicKey::Agreement> agreed = key.public_key->agree();
  if (!agreed) return CKR_DATA_INVALID;
  std::array<std::uint8_t, kKeyOutputBytesMax> secret{};
  const CallResult call = derive_with_point(calls_, key, form, agreed.value().peer_point, secret);
  is_right =
      call.rv == CKR_OK && equal_secret(ByteView(secret).first(call.size), agreed.value().secret);
  return call.rv;
}

Result<void> WayFinder::find_point_form(KeyType type, KeyWays& ways) {
  const TokenKey* const key = key_to_try(type);
  if (key == nullptr) return {};
  for (const PointForm form : {PointForm::Bare, PointForm::Wrapped}) {
    const TrialResult trial =
        SG_TRY(try_often([&](bool& is_right) { return derive_once(*key, form, is_right); }));
    if (trial != TrialResult::Works) continue;
    ways.set_point_form(type, form);
    break;
  }
  return {};
}

Result<KeyWays> WayFinder::find() {
  KeyWays ways;
  bool has_rsa = false;
  for (const TokenKey& key : keys_) {
    has_rsa = has_rsa || (key.report.type == KeyType::Rsa && key.report.may_decrypt);
  }
  if (has_rsa) SG_TRY(find_rsa(ways));
  for (const KeyType type : {KeyType::EcP256, KeyType::EcP384, KeyType::EcP521, KeyType::X25519}) {
    SG_TRY(find_point_form(type, ways));
  }
  return ways;
}

}  // namespace

Result<void> find_ways(Session& session, CK_SLOT_ID slot, std::vector<TokenKey>& keys) {
  const KeyWays ways = SG_TRY(WayFinder(session, slot, keys).find());
  for (TokenKey& key : keys) key.ways = ways;
  return {};
}

}  // namespace sealgate::hsm
