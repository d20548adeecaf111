// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/secret.h"
#include "hsm/pkcs11/ecdh.h"
#include "hsm/pkcs11/mechanism.h"
#include "hsm/pkcs11/rsa_decrypt.h"

namespace sealgate::hsm {
namespace {

using Output = InlineBytes<kKeyOutputBytesMax>;

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

// Checked here, so that hostile input never gets there.
bool has_possible_size(const MechanismForm& form, ByteView input) {
  if (form.family == KeyFamily::Edwards) return !input.empty();
  return input.size() == form.digest_bytes;
}

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

PrivateKeyCalls Session::calls() const {
  return PrivateKeyCalls(functions(), handle_, pin_.get());
}

ExecuteResult Session::sign(const TokenKey& key, const KeyOperation& operation, Output& output) {
  const MechanismForm& form = form_of(operation.mechanism);
  if (!has_possible_size(form, operation.input.view())) {
    return {.outcome = KeyOutcome::BadInput, .rv = CKR_DATA_LEN_RANGE};
  }
  std::array<std::uint8_t, 128> buffer{};
  const ByteView text = to_be_signed(key, operation, buffer);
  MechanismCall mechanism(form);
  PrivateKeyCalls made = calls();
  std::array<std::uint8_t, kKeyOutputBytesMax> signature{};
  const CallResult call = made.sign(key, mechanism, text, signature);
  ExecuteResult result = judge(made, call, KeyAction::SignDigest);
  if (result.outcome != KeyOutcome::Done) return result;
  const ByteView signed_bytes = ByteView(signature).first(call.size);
  if (form.family == KeyFamily::Ec) {
    output.size = static_cast<std::uint16_t>(write_ecdsa_der(output.bytes, signed_bytes));
  } else {
    output.assign(signed_bytes);
  }
  if (!key.public_key->verifies(operation.mechanism, operation.input.view(), output.view())) {
    result.outcome = KeyOutcome::TokenUnavailable;
    result.is_signature_wrong = true;
  }
  return result;
}

ExecuteResult Session::execute(const TokenKey& key, const KeyOperation& operation, Output& output) {
  SG_CHECK(is_open());
  output = {};
  const MechanismForm& form = form_of(operation.mechanism);
  if (key.public_key == nullptr || !is_permitted(key.report, form, operation.action)) {
    return {.outcome = KeyOutcome::KeyUnknown, .rv = CKR_KEY_FUNCTION_NOT_PERMITTED};
  }
  PrivateKeyCalls made = calls();
  ExecuteResult result;
  switch (operation.action) {
    case KeyAction::SignDigest:
      result = sign(key, operation, output);
      break;
    case KeyAction::DecryptKey:
      SG_CHECK(operation.key_bytes >= 1 && operation.key_bytes <= kContentKeyBytesMax);
      result = decrypt_rsa(made, key, operation, output);
      break;
    case KeyAction::DeriveSecret:
      result = derive_secret(made, key, operation, output);
      break;
  }
  if (result.outcome != KeyOutcome::Done) {
    wipe_bytes(output.bytes);
    output.size = 0;
  }
  return result;
}

}  // namespace sealgate::hsm
