// SPDX-License-Identifier: Apache-2.0
//
// Token finds one token by its URI, logs in once and knows its keys.
//
// Threading: open(), generate_key_pair(), sign_blocking() and report() belong to one thread at a
// time (the token's own lock serialises them). open_session() and keys() may be called from any
// thread; a Session then belongs to one thread.
// Invariants: a PIN that the token refused is never sent again by this object.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "hsm/api/errors.h"
#include "hsm/api/key_spec.h"
#include "hsm/api/token_report.h"
#include "hsm/api/token_settings.h"
#include "hsm/pkcs11/key_table.h"
#include "hsm/pkcs11/module.h"
#include "hsm/pkcs11/pin.h"
#include "hsm/pkcs11/session.h"
#include "hsm/pkcs11/token_uri.h"

namespace sealgate::hsm {

class Token {
 public:
  // Reads the URI and the PIN file; does not touch the token. Fails with the configuration kinds
  // of hsm/api/errors.h.
  static Result<std::unique_ptr<Token>> create(std::shared_ptr<Module> module,
                                               const TokenSettings& settings);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  // Finds the token, logs in if that is needed, reads the keys and tries how they want to be
  // asked. Called again, it first
  // closes every session of this process on the token: Requires that none is in use. After a
  // failure it initialises the library again, if this is the one Token that uses it. Fails with
  // kTokenNotFound, kTokenAmbiguous, kTokenUnavailable, kTokenSessionsExhausted, kPinMissing, and
  // for ever with kPinIncorrect, kPinLocked, kPinExpired or kPinNotInitialized once the token
  // said so, or kPinFinalTry where the PIN would be its last try and never was right before.
  Result<void> open();

  // Whether the token refused its PIN: open() will not succeed again.
  bool is_refused() const;

  // A further session, which shares the login. Fails as open() does.
  Result<Session> open_session();

  // The keys as of the last open() or generate_key_pair(); never null, empty before.
  std::shared_ptr<const KeyTable> keys() const;

  // Makes a key pair: sensitive, not extractable, kept on the token. One at a time, because some
  // tokens fail otherwise. Fails with kKeySpecInvalid, kKeyNotGenerated, kTokenUnavailable.
  Result<KeyReport> generate_key_pair(const KeySpec& spec);

  // A signature in the form of KeyAction::SignDigest, verified in software. Waits for the token.
  // Fails with kKeyUnknown, kKeyNotPermitted, kInputRefused, kTokenUnavailable, kSignatureWrong.
  Result<Bytes> sign_blocking(const KeyId& key, Mechanism mechanism, ByteView digest);

  // What the token is, holds and can do. Tries each mechanism with a key that may do it.
  Result<TokenReport> report();

  const TokenSettings& settings() const { return settings_; }
  std::string label() const;
  std::uint64_t logins() const;

 private:
  Token(std::shared_ptr<Module> module, const TokenSettings& settings, TokenUri uri,
        std::shared_ptr<Pin> pin);
  Result<CK_SLOT_ID> find_slot(CK_TOKEN_INFO& found);
  Result<void> log_in(Session& session, const CK_TOKEN_INFO& token_info);
  Result<std::shared_ptr<const KeyTable>> read_table(Session& session,
                                                     const CK_TOKEN_INFO& token_info);
  Result<void> open_locked();
  void remember_locked(const Error& error);

  std::shared_ptr<Module> module_;
  TokenSettings settings_;
  TokenUri uri_;
  std::shared_ptr<Pin> pin_;

  mutable std::mutex mutex_;  // Guards everything below; held during management calls.
  bool is_open_ = false;
  bool did_open_fail_ = false;  // The last time.
  CK_SLOT_ID slot_ = 0;
  std::string label_;
  const ErrorKind* refusal_ = nullptr;  // The token's answer to the PIN, for good.
  std::int64_t refusal_detail_ = 0;
  std::uint64_t logins_ = 0;
  bool has_logged_in_ = false;
  Session management_;
  std::shared_ptr<const KeyTable> keys_;
};

}  // namespace sealgate::hsm
