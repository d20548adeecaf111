// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/token.h"

#include <algorithm>
#include <utility>

#include "hsm/pkcs11/ck_outcome.h"
#include "hsm/pkcs11/key_generation.h"
#include "hsm/pkcs11/pin_file.h"
#include "hsm/pkcs11/token_probe.h"
#include "hsm/pkcs11/way_finder.h"

namespace sealgate::hsm {
namespace {

// More slots than that, no machine has.
constexpr CK_ULONG kSlotsMax = 4096;

Result<std::vector<CK_SLOT_ID>> present_slots(CK_FUNCTION_LIST& functions) {
  CK_ULONG count = 0;
  // Asked for the number first: this is when libraries look for tokens that came or went.
  CK_RV rv = functions.C_GetSlotList(CK_TRUE, nullptr, &count);
  if (rv != CKR_OK) return management_error(rv);
  std::vector<CK_SLOT_ID> slots;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (count > kSlotsMax) count = kSlotsMax;
    slots.resize(count);
    rv = functions.C_GetSlotList(CK_TRUE, slots.data(), &count);
    if (rv != CKR_BUFFER_TOO_SMALL) break;  // A token came in between: ask for more.
  }
  if (rv != CKR_OK) return management_error(rv);
  slots.resize(std::min<CK_ULONG>(count, slots.size()));
  return slots;
}

std::string trimmed(const unsigned char* text, std::size_t size) {
  while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0')) --size;
  return {text, text + size};
}

bool is_refusal_for_good(const Error& error) {
  return error.is(kPinIncorrect) || error.is(kPinFinalTry) || error.is(kPinLocked) ||
         error.is(kPinExpired) || error.is(kPinNotInitialized);
}

}  // namespace

Result<std::unique_ptr<Token>> Token::create(std::shared_ptr<Module> module,
                                             const TokenSettings& settings) {
  TokenUri uri = SG_TRY(TokenUri::parse(settings.uri));
  const std::string& path = settings.pin_file.empty() ? uri.pin_path() : settings.pin_file;
  std::shared_ptr<Pin> pin;
  if (!path.empty()) {
    SecretBytes read = SG_TRY(read_pin_file(path));
    pin = std::make_shared<Pin>(std::move(read));
  }
  return std::unique_ptr<Token>(
      new Token(std::move(module), settings, std::move(uri), std::move(pin)));
}

Token::Token(std::shared_ptr<Module> module, const TokenSettings& settings, TokenUri uri,
             std::shared_ptr<Pin> pin)
    : module_(std::move(module)),
      settings_(settings),
      uri_(std::move(uri)),
      pin_(std::move(pin)),
      keys_(std::make_shared<const KeyTable>(std::vector<TokenKey>())) {}

// Sessions close one by one: another Token of this process may use the same token.
Token::~Token() = default;

Result<CK_SLOT_ID> Token::find_slot(CK_TOKEN_INFO& found) {
  CK_FUNCTION_LIST& functions = module_->functions();
  const std::vector<CK_SLOT_ID> slots = SG_TRY(present_slots(functions));
  std::vector<CK_SLOT_ID> matching;
  for (const CK_SLOT_ID slot : slots) {
    CK_SLOT_INFO slot_info{};
    CK_TOKEN_INFO token_info{};
    if (functions.C_GetSlotInfo(slot, &slot_info) != CKR_OK) continue;
    if (functions.C_GetTokenInfo(slot, &token_info) != CKR_OK) continue;
    if ((token_info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    if (!uri_.matches_slot(slot, slot_info) || !uri_.matches_token(token_info)) continue;
    matching.push_back(slot);
    found = token_info;
  }
  if (matching.empty()) return kTokenNotFound;
  if (matching.size() > 1) return kTokenAmbiguous;
  return matching.front();
}

Result<void> Token::log_in(Session& session, const CK_TOKEN_INFO& token_info) {
  if ((token_info.flags & CKF_LOGIN_REQUIRED) == 0) return {};
  // Each try on a locked token tells an attacker's story in its log; it cannot succeed.
  if ((token_info.flags & CKF_USER_PIN_LOCKED) != 0) return Error(kPinLocked, CKR_PIN_LOCKED);
  // Each start and each command of an operator sends a wrong PIN once: the last try is a person's.
  if ((token_info.flags & CKF_USER_PIN_FINAL_TRY) != 0 && !has_logged_in_) return kPinFinalTry;
  if ((token_info.flags & CKF_USER_PIN_INITIALIZED) == 0) {
    return Error(kPinNotInitialized, CKR_USER_PIN_NOT_INITIALIZED);
  }
  const bool has_pin_pad = (token_info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
  if (pin_ == nullptr && !has_pin_pad) return kPinMissing;
  ++logins_;
  const CK_RV rv = pin_ != nullptr
                       ? pin_->log_in(session.functions(), session.handle(), CKU_USER)
                       : session.functions().C_Login(session.handle(), CKU_USER, nullptr, 0);
  if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) return management_error(rv);
  has_logged_in_ = true;
  return {};
}

Result<std::shared_ptr<const KeyTable>> Token::read_table(Session& session,
                                                          const CK_TOKEN_INFO& token_info) {
  std::vector<TokenKey> keys =
      SG_TRY(read_keys(module_->functions(), session.handle(), token_info));
  SG_TRY(find_ways(session, slot_, keys));
  return std::make_shared<const KeyTable>(std::move(keys));
}

Result<void> Token::open() {
  const std::lock_guard lock(mutex_);
  if (refusal_ != nullptr) return Error(*refusal_, refusal_detail_);
  Result<void> opened = open_locked();
  did_open_fail_ = !opened;
  if (!opened) {
    is_open_ = false;
    remember_locked(opened.error());
  }
  return opened;
}

Result<void> Token::open_locked() {
  CK_FUNCTION_LIST& functions = module_->functions();
  if (is_open_) {
    management_.abandon();
    functions.C_CloseAllSessions(slot_);
    is_open_ = false;
  }
  // As the only owner, nobody else can be in the library, nor get there without us.
  if (did_open_fail_ && module_.use_count() == 1) SG_TRY(module_->initialize_again());
  CK_TOKEN_INFO token_info{};
  slot_ = SG_TRY(find_slot(token_info));
  label_ = trimmed(token_info.label, sizeof token_info.label);
  // Generating keys needs a session that may write; where the token does not give one, the
  // others still work.
  CK_SESSION_HANDLE handle = 0;
  CK_RV rv = functions.C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                     &handle);
  if (rv == CKR_TOKEN_WRITE_PROTECTED) {
    rv = functions.C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  }
  if (rv != CKR_OK) return management_error(rv);
  Session session(module_, handle, pin_);
  SG_TRY(log_in(session, token_info));
  keys_ = SG_TRY(read_table(session, token_info));
  management_ = std::move(session);
  is_open_ = true;
  return {};
}

bool Token::is_refused() const {
  const std::lock_guard lock(mutex_);
  return refusal_ != nullptr || (pin_ != nullptr && pin_->is_refused());
}

void Token::remember_locked(const Error& error) {
  if (!is_refusal_for_good(error) || refusal_ != nullptr) return;
  refusal_ = &error.kind();
  refusal_detail_ = error.detail();
}

Result<Session> Token::open_session() {
  const std::lock_guard lock(mutex_);
  if (refusal_ != nullptr) return Error(*refusal_, refusal_detail_);
  if (!is_open_) return kTokenUnavailable;
  CK_SESSION_HANDLE handle = 0;
  const CK_RV rv =
      module_->functions().C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  if (rv != CKR_OK) return management_error(rv);
  return Session(module_, handle, pin_);
}

std::shared_ptr<const KeyTable> Token::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::string Token::label() const {
  const std::lock_guard lock(mutex_);
  return label_;
}

std::uint64_t Token::logins() const {
  const std::lock_guard lock(mutex_);
  return logins_;
}

Result<KeyReport> Token::generate_key_pair(const KeySpec& spec) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return kTokenUnavailable;
  for (const TokenKey& key : keys_->keys()) {
    if (key.report.token_id == spec.id) return kKeySpecInvalid;
  }
  SG_TRY(generate_on_token(module_->functions(), management_.handle(), spec));
  CK_TOKEN_INFO token_info{};
  const CK_RV rv = module_->functions().C_GetTokenInfo(slot_, &token_info);
  if (rv != CKR_OK) return management_error(rv);
  keys_ = SG_TRY(read_table(management_, token_info));
  for (const TokenKey& key : keys_->keys()) {
    if (key.report.token_id == spec.id && key.public_key != nullptr) return key.report;
  }
  return kKeyNotReadable;
}

Result<Bytes> Token::sign_blocking(const KeyId& key, Mechanism mechanism, ByteView digest) {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return kTokenUnavailable;
  const TokenKey* const found = keys_->find(key);
  if (found == nullptr) return kKeyUnknown;
  if (digest.size() > kKeyInputBytesMax) return kInputRefused;
  KeyOperation operation;
  operation.key = key;
  operation.mechanism = mechanism;
  operation.priority = Priority::Management;
  operation.input.assign(digest);
  InlineBytes<kKeyOutputBytesMax> output;
  const ExecuteResult result = management_.execute(*found, operation, output);
  const auto detail = static_cast<std::int64_t>(result.rv);
  switch (result.outcome) {
    case KeyOutcome::Done: {
      const ByteView signature = output.view();
      return Bytes(signature.begin(), signature.end());
    }
    case KeyOutcome::BadInput:
      return Error(kInputRefused, detail);
    case KeyOutcome::KeyUnknown:
      return Error(kKeyNotPermitted, detail);
    case KeyOutcome::TokenUnavailable:
    case KeyOutcome::DeadlinePassed:
      break;
  }
  if (result.is_pin_refused) return management_error(result.rv);
  return Error(result.is_signature_wrong ? kSignatureWrong : kTokenUnavailable, detail);
}

Result<TokenReport> Token::report() {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return kTokenUnavailable;
  return probe_token(*module_, slot_, management_, *keys_);
}

}  // namespace sealgate::hsm
