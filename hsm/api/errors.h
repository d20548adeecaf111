// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong between Sealgate and its tokens. Error::detail() is the CK_RV, or an errno
// for the kinds about PIN files.
#pragma once

#include "base/error.h"

namespace sealgate::hsm {

// ---- Configuration ----

inline constexpr ErrorKind kModuleNotLoaded{
    ErrorClass::Misconfigured, "hsm.module_not_loaded",
    "The PKCS#11 module cannot be loaded; check `module` and that its package is installed."};
inline constexpr ErrorKind kModuleNotInitialized{
    ErrorClass::Misconfigured, "hsm.module_not_initialized",
    "The PKCS#11 module was loaded but refuses C_Initialize; check its own configuration file."};
inline constexpr ErrorKind kUriInvalid{
    ErrorClass::Misconfigured, "hsm.uri_invalid",
    "This is not a PKCS#11 URI (RFC 7512); write it like pkcs11:token=Org;object=sign-2026."};
inline constexpr ErrorKind kUriHasPin{
    ErrorClass::Misconfigured, "hsm.uri_has_pin",
    "A PKCS#11 URI in the configuration must not carry a PIN; remove pin-value and name a file "
    "with pin-source=file:... or `pin_file`."};
inline constexpr ErrorKind kPinSourceUnsupported{
    ErrorClass::Misconfigured, "hsm.pin_source_unsupported",
    "Only a file can be a pin-source; write pin-source=file:/absolute/path."};
inline constexpr ErrorKind kPinMissing{
    ErrorClass::Misconfigured, "hsm.pin_missing",
    "The token asks for a PIN and none is configured; set `pin_file` or pin-source."};
inline constexpr ErrorKind kPinFileUnreadable{
    ErrorClass::Misconfigured, "hsm.pin_file_unreadable",
    "The PIN file cannot be read; check that it exists and belongs to the service's user."};
inline constexpr ErrorKind kPinFileExposed{
    ErrorClass::Misconfigured, "hsm.pin_file_exposed",
    "The PIN file can be read or written by every user; run chmod o= on it and change the PIN."};
inline constexpr ErrorKind kPinFileInvalid{
    ErrorClass::Misconfigured, "hsm.pin_file_invalid",
    "The PIN file must hold one line of 1 to 255 bytes: the PIN."};
inline constexpr ErrorKind kLaneCountInvalid{ErrorClass::Misconfigured, "hsm.lane_count_invalid",
                                             "`lanes` must be 1 to 64 for each token."};
inline constexpr ErrorKind kBatchLimitsInvalid{
    ErrorClass::Misconfigured, "hsm.batch_limits_invalid",
    "A batch window holds 1 to 64 operations and waits at most 10 ms."};
inline constexpr ErrorKind kTooManyTokens{ErrorClass::Misconfigured, "hsm.too_many_tokens",
                                          "At most 16 tokens can be configured."};

// ---- The token ----

inline constexpr ErrorKind kTokenNotFound{
    ErrorClass::Unavailable, "hsm.token_not_found",
    "No token that is present matches the configured URI; check that it is connected and that "
    "the URI names its label or serial."};
inline constexpr ErrorKind kTokenAmbiguous{
    ErrorClass::Misconfigured, "hsm.token_ambiguous",
    "Several tokens match the configured URI; add serial= or slot-id= to it."};
inline constexpr ErrorKind kTokenUnavailable{
    ErrorClass::Unavailable, "hsm.token_unavailable",
    "The token does not answer or lost its state; it is tried again until it is back."};
inline constexpr ErrorKind kTokenSessionsExhausted{
    ErrorClass::Misconfigured, "hsm.token_sessions_exhausted",
    "The token has no session left; lower `lanes` or end other programs that use it."};
inline constexpr ErrorKind kPinIncorrect{
    ErrorClass::Misconfigured, "hsm.pin_incorrect",
    "The token refused the PIN. It is not tried again, because tokens lock: correct the PIN file "
    "and restart."};
inline constexpr ErrorKind kPinFinalTry{
    ErrorClass::Misconfigured, "hsm.pin_final_try",
    "One more wrong PIN would lock the token, so none is sent: correct the PIN file, log in once "
    "with the tool of the token's vendor, then restart."};
inline constexpr ErrorKind kPinLocked{
    ErrorClass::Misconfigured, "hsm.pin_locked",
    "The token's user PIN is locked; unlock it with the security officer's PIN, then restart."};
inline constexpr ErrorKind kPinExpired{ErrorClass::Misconfigured, "hsm.pin_expired",
                                       "The token wants a changed PIN; set one, then restart."};
inline constexpr ErrorKind kPinNotInitialized{
    ErrorClass::Misconfigured, "hsm.pin_not_initialized",
    "The token has no user PIN yet; initialise it with the tool of its vendor."};

// ---- Keys and operations ----

inline constexpr ErrorKind kKeyUnknown{
    ErrorClass::Misconfigured, "hsm.key_unknown",
    "No configured token holds this key; check its URI and `sealgate keys list`."};
inline constexpr ErrorKind kKeyAmbiguous{ErrorClass::Misconfigured, "hsm.key_ambiguous",
                                         "The URI matches several keys; add id= or object= to it."};
inline constexpr ErrorKind kKeyNotPermitted{
    ErrorClass::Misconfigured, "hsm.key_not_permitted",
    "The key's attributes or type on the token do not allow this operation; use a key made for "
    "it (CKA_SIGN, CKA_DECRYPT, CKA_DERIVE)."};
inline constexpr ErrorKind kKeyNotReadable{
    ErrorClass::Misconfigured, "hsm.key_not_readable",
    "The public half of a key on the token is missing or malformed; import it beside the "
    "private key with the same CKA_ID."};
inline constexpr ErrorKind kKeyNotGenerated{
    ErrorClass::Misconfigured, "hsm.key_not_generated",
    "The token refuses to generate this kind of key; see `sealgate doctor` for what it can."};
inline constexpr ErrorKind kKeySpecInvalid{
    ErrorClass::Misconfigured, "hsm.key_spec_invalid",
    "A generated key needs a label and an id of 1 to 64 bytes that no other key of the token "
    "has."};
inline constexpr ErrorKind kInputRefused{
    ErrorClass::InvalidInput, "hsm.input_refused",
    "The token refuses this input: it does not fit the key and the mechanism."};
inline constexpr ErrorKind kSignatureWrong{
    ErrorClass::Unavailable, "hsm.signature_wrong",
    "The token returned a signature that does not verify; it was not used. Have the token "
    "checked."};

}  // namespace sealgate::hsm
