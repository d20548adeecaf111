// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/rsa_decrypt.h"

#include <algorithm>
#include <array>

#include "base/secret.h"
#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/constant_time.h"
#include "hsm/pkcs11/implicit_rejection.h"
#include "hsm/pkcs11/oaep.h"

namespace sealgate::hsm {
namespace {

using Output = InlineBytes<kKeyOutputBytesMax>;

// What the token made of the ciphertext; wiped.
struct Attempt {
  RsaWay way = RsaWay::Own;
  CallResult call;
  bool is_session_live = true;  // Only told with RsaWay::Own.
  std::array<std::uint8_t, kKeyOutputBytesMax> plain{};

  Attempt() = default;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { wipe_bytes(plain); }
};

// RFC 8017, 7.1.2 and 7.2.2: as long as the modulus, and a number below it. Both are public.
bool is_possible(const TokenKey& key, ByteView ciphertext) {
  const ByteView modulus = key.public_key->modulus();
  return ciphertext.size() == modulus.size() &&
         std::lexicographical_compare(ciphertext.begin(), ciphertext.end(), modulus.begin(),
                                      modulus.end());
}

bool is_refusal(CK_RV rv) {
  const CkClass meaning = meaning_of(rv).meaning;
  return meaning == CkClass::KeyRefused || meaning == CkClass::InputRefused;
}

void attempt_one(PrivateKeyCalls& calls, const TokenKey& key, Mechanism mechanism, ByteView input,
                 Attempt& attempt) {
  MechanismCall own(form_of(mechanism));
  MechanismCall raw(CKM_RSA_X_509);
  attempt.call = calls.decrypt(key, attempt.way == RsaWay::Raw ? raw : own, input, attempt.plain);
  // Asked whatever the token said: a refusal must not cost one call more than a success.
  if (attempt.way == RsaWay::Own && attempt.call.has_seen_input) {
    attempt.is_session_live = calls.is_session_live();
  }
}

// An input that no token can take is replaced by one that it can, so that it costs as much.
void attempt_decryption(PrivateKeyCalls& calls, const TokenKey& key, const KeyOperation& operation,
                        Attempt& attempt) {
  const ByteView given = operation.input.view();
  const ByteView input = is_possible(key, given) ? given : ByteView(key.substitute);
  const RsaWays& ways = key.ways.rsa(operation.mechanism);
  attempt.way = ways.first;
  attempt_one(calls, key, operation.mechanism, input, attempt);
  if (!ways.second || attempt.call.has_seen_input || !is_refusal(attempt.call.rv)) return;
  attempt.way = *ways.second;
  attempt_one(calls, key, operation.mechanism, input, attempt);
}

// Judges what does not depend on the ciphertext: whether the token worked at all. Done: it did,
// and call.rv says what it made of the input.
ExecuteResult judge_token(PrivateKeyCalls& calls, const Attempt& attempt) {
  if (!attempt.call.has_seen_input) return judge(calls, attempt.call, KeyAction::DecryptKey);
  ExecuteResult result{.outcome = KeyOutcome::Done, .rv = attempt.call.rv};
  switch (meaning_of(attempt.call.rv).meaning) {
    case CkClass::Ok:
    case CkClass::InputRefused:
    case CkClass::KeyRefused:  // After C_DecryptInit allowed it: some tokens' word for bad padding.
      break;
    case CkClass::Busy:
      result.outcome = KeyOutcome::TokenUnavailable;
      break;
    case CkClass::Gone:
      result.outcome = KeyOutcome::TokenUnavailable;
      result.is_session_lost = true;
      result.is_pin_refused = is_pin_refusal(attempt.call.rv);
      break;
    case CkClass::Ambiguous:
      result.is_session_lost =
          attempt.way == RsaWay::Own ? !attempt.is_session_live : !calls.is_session_live();
      if (result.is_session_lost) result.outcome = KeyOutcome::TokenUnavailable;
      break;
  }
  return result;
}

// The whole encryption block of a raw decryption, as long as the modulus; empty where the token
// gave none.
MutableBytes block_of(const TokenKey& key, Attempt& attempt) {
  const MutableBytes block = MutableBytes(attempt.plain).first(key.public_key->modulus().size());
  if (attempt.call.rv != CKR_OK || attempt.call.size > block.size()) return {};
  align_right(block, attempt.call.size);
  return block;
}

// Puts the key into `to`, which holds the synthetic one, where the token found a key.
void take_key(const TokenKey& key, Attempt& attempt, Mask is_input_possible, MutableBytes to) {
  if (attempt.way == RsaWay::Raw) {
    take_pkcs1_key(to, block_of(key, attempt), is_input_possible);
    return;
  }
  const Mask is_good = is_input_possible &
                       mask_zero(static_cast<std::uint32_t>(attempt.call.rv != CKR_OK)) &
                       mask_equal(static_cast<std::uint32_t>(attempt.call.size),
                                  static_cast<std::uint32_t>(to.size()));
  select_into(to, is_good, attempt.plain);
}

ExecuteResult decrypt_pkcs1(PrivateKeyCalls& calls, const TokenKey& key,
                            const KeyOperation& operation, Output& output) {
  const ByteView ciphertext = operation.input.view();
  Attempt attempt;
  attempt_decryption(calls, key, operation, attempt);
  ExecuteResult result = judge_token(calls, attempt);
  if (result.outcome != KeyOutcome::Done) return result;
  const MutableBytes to = MutableBytes(output.bytes).first(operation.key_bytes);
  fill_synthetic_key(to, key.report.id, ciphertext);
  take_key(key, attempt, is_possible(key, ciphertext) ? ~Mask{0} : Mask{0}, to);
  output.size = operation.key_bytes;
  result.rv = CKR_OK;  // What the token said about the padding goes nowhere, not even into a log.
  return result;
}

ExecuteResult decrypt_oaep(PrivateKeyCalls& calls, const TokenKey& key,
                           const KeyOperation& operation, Output& output) {
  Attempt attempt;
  attempt_decryption(calls, key, operation, attempt);
  ExecuteResult result = judge_token(calls, attempt);
  if (result.outcome != KeyOutcome::Done) return result;
  std::array<std::uint8_t, kKeyOutputBytesMax> message{};
  int size = -1;
  if (attempt.way == RsaWay::Raw) {
    const ByteView block = block_of(key, attempt);
    if (!block.empty()) size = undo_oaep(operation.mechanism, block, message);
  } else if (attempt.call.rv == CKR_OK) {
    copy_bytes(message, ByteView(attempt.plain).first(attempt.call.size));
    size = static_cast<int>(attempt.call.size);
  }
  if (is_possible(key, operation.input.view()) && size == operation.key_bytes) {
    output.assign(ByteView(message).first(operation.key_bytes));
    result.rv = CKR_OK;
  } else {
    result = {.outcome = KeyOutcome::BadInput, .rv = CKR_ENCRYPTED_DATA_INVALID};
  }
  wipe_bytes(message);
  return result;
}

}  // namespace

ExecuteResult decrypt_rsa(PrivateKeyCalls& calls, const TokenKey& key,
                          const KeyOperation& operation, Output& output) {
  return operation.mechanism == Mechanism::RsaPkcs1Decrypt
             ? decrypt_pkcs1(calls, key, operation, output)
             : decrypt_oaep(calls, key, operation, output);
}

}  // namespace sealgate::hsm
