// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/secret.h"
#include "hsm/pkcs11/mechanism.h"

namespace sealgate::hsm {
namespace {

using Output = InlineBytes<kKeyOutputBytesMax>;

// What PKCS#11 takes as non-const although it only reads it.
CK_BYTE* in(ByteView bytes) {
  return const_cast<CK_BYTE*>(bytes.data());
}

// Whether the key's type and attributes allow it; asked here, because some tokens ignore
// CKA_SIGN and others answer with a general error.
bool is_permitted(const KeyReport& key, const MechanismForm& form, KeyAction action) {
  if (form.action != action || !fits(form.family, key.type)) return false;
  switch (action) {
    case KeyAction::SignDigest:
      return key.may_sign;
    case KeyAction::DecryptKey:
      return key.may_decrypt;
    case KeyAction::DeriveSecret:
      return key.may_derive;
  }
  SG_CHECK(false);
}

std::size_t field_bytes(const KeyReport& key) {
  return (key.bits + 7) / 8;
}

// Sizes that no token can take. Checked here, so that hostile input never gets there.
bool has_possible_size(const KeyReport& key, const MechanismForm& form, ByteView input) {
  switch (form.action) {
    case KeyAction::SignDigest:
      if (form.family == KeyFamily::Edwards) return !input.empty();
      return input.size() == form.digest_bytes;
    case KeyAction::DecryptKey:
      return input.size() == field_bytes(key);
    case KeyAction::DeriveSecret:
      if (key.type == KeyType::X25519) return input.size() == 32;
      return input.size() == 1 + 2 * field_bytes(key) && input.front() == 0x04;
  }
  SG_CHECK(false);
}

// The mechanism with its parameters, which have to live as long as the call.
class PreparedMechanism {
 public:
  explicit PreparedMechanism(const MechanismForm& form) : mechanism_{form.type, nullptr, 0} {
    if (form.type == CKM_RSA_PKCS_PSS) {
      pss_ = {form.hash, form.mgf, form.digest_bytes};
      mechanism_.pParameter = &pss_;
      mechanism_.ulParameterLen = sizeof pss_;
    }
    if (form.type == CKM_RSA_PKCS_OAEP) {
      // RFC 8017, A.2.1: the label is empty; it is still "specified".
      oaep_ = {form.hash, form.mgf, CKZ_DATA_SPECIFIED, nullptr, 0};
      mechanism_.pParameter = &oaep_;
      mechanism_.ulParameterLen = sizeof oaep_;
    }
  }
  PreparedMechanism(const PreparedMechanism&) = delete;
  PreparedMechanism& operator=(const PreparedMechanism&) = delete;

  CK_MECHANISM* get() { return &mechanism_; }

 private:
  CK_MECHANISM mechanism_;
  CK_RSA_PKCS_PSS_PARAMS pss_{};
  CK_RSA_PKCS_OAEP_PARAMS oaep_{};
};

// What the token has to sign, in `buffer`: RFC 8017, 9.2 for PKCS#1 v1.5. FIPS 186-4, 6.4 for
// ECDSA: the leftmost bits, as many as the curve's order has; not every token cuts for itself.
ByteView to_be_signed(const TokenKey& key, const KeyOperation& operation, MutableBytes buffer) {
  const ByteView digest = operation.input.view();
  const MechanismForm& form = form_of(operation.mechanism);
  if (form.family == KeyFamily::Ec) {
    return digest.first(std::min(digest.size(), field_bytes(key.report)));
  }
  const ByteView prefix = digest_info_prefix(operation.mechanism);
  if (prefix.empty()) return digest;
  copy_bytes(buffer, prefix);
  copy_bytes(buffer.subspan(prefix.size()), digest);
  return buffer.first(prefix.size() + digest.size());
}

}  // namespace

Session::Session(std::shared_ptr<Module> module, CK_SESSION_HANDLE handle, std::shared_ptr<Pin> pin)
    : module_(std::move(module)), handle_(handle), pin_(std::move(pin)) {}

Session::Session(Session&& other) noexcept
    : module_(std::move(other.module_)),
      handle_(std::exchange(other.handle_, 0)),
      pin_(std::move(other.pin_)) {}

Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  if (is_open()) functions().C_CloseSession(handle_);
  module_ = std::move(other.module_);
  handle_ = std::exchange(other.handle_, 0);
  pin_ = std::move(other.pin_);
  return *this;
}

Session::~Session() {
  if (is_open()) functions().C_CloseSession(handle_);
}

void Session::abandon() {
  module_.reset();
  handle_ = 0;
}

CK_RV Session::log_in_for_use(const TokenKey& key) {
  if (!key.report.always_authenticate) return CKR_OK;
  if (pin_ == nullptr) return CKR_USER_NOT_LOGGED_IN;
  return pin_->log_in(functions(), handle_, CKU_CONTEXT_SPECIFIC);
}

CK_RV Session::sign(const TokenKey& key, const KeyOperation& operation, Output& output) {
  std::array<std::uint8_t, 128> buffer{};
  const ByteView text = to_be_signed(key, operation, buffer);
  const MechanismForm& form = form_of(operation.mechanism);
  PreparedMechanism mechanism(form);
  CK_RV rv = functions().C_SignInit(handle_, mechanism.get(), key.handle);
  if (rv == CKR_OK) rv = log_in_for_use(key);
  if (rv != CKR_OK) return rv;
  std::array<std::uint8_t, kKeyOutputBytesMax> signature{};
  CK_ULONG size = signature.size();
  rv = functions().C_Sign(handle_, in(text), static_cast<CK_ULONG>(text.size()), signature.data(),
                          &size);
  if (rv != CKR_OK) return rv;
  if (size > signature.size()) return CKR_GENERAL_ERROR;
  if (form.family == KeyFamily::Ec) {
    output.size =
        static_cast<std::uint16_t>(write_ecdsa_der(output.bytes, ByteView(signature).first(size)));
  } else {
    output.assign(ByteView(signature).first(size));
  }
  return CKR_OK;
}

CK_RV Session::decrypt(const TokenKey& key, const KeyOperation& operation, Output& output) {
  PreparedMechanism mechanism(form_of(operation.mechanism));
  CK_RV rv = functions().C_DecryptInit(handle_, mechanism.get(), key.handle);
  if (rv == CKR_OK) rv = log_in_for_use(key);
  if (rv != CKR_OK) return rv;
  CK_ULONG size = output.bytes.size();
  const ByteView input = operation.input.view();
  rv = functions().C_Decrypt(handle_, in(input), static_cast<CK_ULONG>(input.size()),
                             output.bytes.data(), &size);
  if (rv == CKR_OK && size > output.bytes.size()) rv = CKR_GENERAL_ERROR;
  if (rv == CKR_OK) output.size = static_cast<std::uint16_t>(size);
  return rv;
}

CK_RV Session::derive(const TokenKey& key, const KeyOperation& operation, Output& output) {
  const ByteView point = operation.input.view();
  CK_ECDH1_DERIVE_PARAMS params{};
  params.kdf = CKD_NULL;
  params.public_data = in(point);
  params.public_data_len = static_cast<CK_ULONG>(point.size());
  CK_MECHANISM mechanism{CKM_ECDH1_DERIVE, &params, sizeof params};
  CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
  CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ULONG length = field_bytes(key.report);
  std::array<CK_ATTRIBUTE, 6> wanted = {{{CKA_CLASS, &object_class, sizeof object_class},
                                         {CKA_KEY_TYPE, &key_type, sizeof key_type},
                                         {CKA_TOKEN, &no, sizeof no},
                                         {CKA_SENSITIVE, &no, sizeof no},
                                         {CKA_EXTRACTABLE, &yes, sizeof yes},
                                         {CKA_VALUE_LEN, &length, sizeof length}}};
  CK_OBJECT_HANDLE secret = 0;
  CK_RV rv = functions().C_DeriveKey(handle_, &mechanism, key.handle, wanted.data(), wanted.size(),
                                     &secret);
  if (rv != CKR_OK) return rv;
  CK_ATTRIBUTE value{CKA_VALUE, output.bytes.data(), output.bytes.size()};
  rv = functions().C_GetAttributeValue(handle_, secret, &value, 1);
  const CK_RV destroyed = functions().C_DestroyObject(handle_, secret);
  if (rv == CKR_OK) rv = destroyed;
  if (rv == CKR_OK && value.ulValueLen > output.bytes.size()) rv = CKR_GENERAL_ERROR;
  if (rv == CKR_OK) output.size = static_cast<std::uint16_t>(value.ulValueLen);
  return rv;
}

// A general error can be a bad ciphertext (SoftHSM says nothing else) or a dying token. The
// session tells: where it is still there and logged in, the token lives and the input was bad.
// A digest of the right size cannot be bad, so a failed signature is always the token's.
ExecuteResult Session::judge(CK_RV rv, KeyAction action) {
  ExecuteResult result{.rv = rv};
  switch (meaning_of(rv).meaning) {
    case CkClass::Ok:
      result.outcome = KeyOutcome::Done;
      break;
    case CkClass::InputRefused:
      result.outcome = KeyOutcome::BadInput;
      break;
    case CkClass::KeyRefused:
      result.outcome = KeyOutcome::KeyUnknown;
      break;
    case CkClass::Busy:
      result.outcome = KeyOutcome::TokenUnavailable;
      break;
    case CkClass::Gone:
      result.outcome = KeyOutcome::TokenUnavailable;
      result.is_session_lost = true;
      break;
    case CkClass::Ambiguous: {
      CK_SESSION_INFO session_info{};
      const CK_RV asked = functions().C_GetSessionInfo(handle_, &session_info);
      result.is_session_lost = asked != CKR_OK || (session_info.state != CKS_RO_USER_FUNCTIONS &&
                                                   session_info.state != CKS_RW_USER_FUNCTIONS);
      const bool is_input = action != KeyAction::SignDigest && !result.is_session_lost;
      result.outcome = is_input ? KeyOutcome::BadInput : KeyOutcome::TokenUnavailable;
      break;
    }
  }
  return result;
}

ExecuteResult Session::execute(const TokenKey& key, const KeyOperation& operation, Output& output) {
  SG_CHECK(is_open());
  output.size = 0;
  const MechanismForm& form = form_of(operation.mechanism);
  if (key.public_key == nullptr || !is_permitted(key.report, form, operation.action)) {
    return {.outcome = KeyOutcome::KeyUnknown, .rv = CKR_KEY_FUNCTION_NOT_PERMITTED};
  }
  if (!has_possible_size(key.report, form, operation.input.view())) {
    return {.outcome = KeyOutcome::BadInput, .rv = CKR_DATA_LEN_RANGE};
  }
  CK_RV rv = CKR_OK;
  switch (operation.action) {
    case KeyAction::SignDigest:
      rv = sign(key, operation, output);
      break;
    case KeyAction::DecryptKey:
      rv = decrypt(key, operation, output);
      break;
    case KeyAction::DeriveSecret:
      rv = derive(key, operation, output);
      break;
  }
  ExecuteResult result = judge(rv, operation.action);
  result.is_pin_refused = is_pin_refusal(rv);
  if (result.outcome == KeyOutcome::Done && operation.action == KeyAction::SignDigest &&
      !key.public_key->verifies(operation.mechanism, operation.input.view(), output.view())) {
    result.outcome = KeyOutcome::TokenUnavailable;
    result.is_signature_wrong = true;
  }
  if (result.outcome != KeyOutcome::Done) {
    wipe_bytes(output.bytes);
    output.size = 0;
  }
  return result;
}

}  // namespace sealgate::hsm
