// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong while CMS is read or written. Error::detail() is the OpenSSL code where
// OpenSSL refused.
#pragma once

#include "base/error.h"

namespace sealgate::engine::cms {

inline constexpr ErrorKind kDerMalformed{
    ErrorClass::InvalidInput, "cms.der_malformed",
    "The bytes are not the DER or BER that was expected; ask the sender to send it again."};
inline constexpr ErrorKind kDerTooDeep{
    ErrorClass::InvalidInput, "cms.der_too_deep",
    "The encoding nests deeper than any honest message; it was not read."};
inline constexpr ErrorKind kDerTooComplex{
    ErrorClass::InvalidInput, "cms.der_too_complex",
    "The encoding has more elements than any honest message; it was not read."};
inline constexpr ErrorKind kSignerKeyUnsupported{
    ErrorClass::Misconfigured, "cms.signer_key_unsupported",
    "The signing certificate has a key of a kind that S/MIME cannot sign with; use RSA, ECDSA "
    "P-256, P-384 or P-521, or Ed25519."};
inline constexpr ErrorKind kSignedAttributesTooLarge{
    ErrorClass::Misconfigured, "cms.signed_attributes_too_large",
    "The signed attributes do not fit into one key operation; use a shorter capability list."};
inline constexpr ErrorKind kSignatureMissing{
    ErrorClass::InvalidInput, "cms.signature_missing",
    "The token gave an empty signature; look at the token's log."};
inline constexpr ErrorKind kTooManyCertificates{
    ErrorClass::Misconfigured, "cms.too_many_certificates",
    "More certificates belong to one signature than may be sent; remove intermediates."};
inline constexpr ErrorKind kRecipientKeyUnsupported{
    ErrorClass::Refused, "cms.recipient_key_unsupported",
    "The recipient's certificate has a key that mail cannot be encrypted to; ask for a "
    "certificate with an RSA, P-256, P-384, P-521 or X25519 key."};
inline constexpr ErrorKind kRecipientKeyIdMissing{
    ErrorClass::Refused, "cms.recipient_key_id_missing",
    "The recipient's certificate has no subject key identifier; name recipients by issuer and "
    "serial in the profile."};
inline constexpr ErrorKind kRecipientKeyRefused{
    ErrorClass::Refused, "cms.recipient_key_refused",
    "The recipient's public key cannot be used; ask for another certificate."};
inline constexpr ErrorKind kTooManyRecipients{
    ErrorClass::Refused, "cms.too_many_recipients",
    "One encrypted copy would have more recipients than a message may have; send it in parts."};
inline constexpr ErrorKind kContentTooLarge{
    ErrorClass::Refused, "cms.content_too_large",
    "The content is larger than the largest message that may be sealed."};
inline constexpr ErrorKind kCryptoUnavailable{
    ErrorClass::Misconfigured, "cms.crypto_unavailable",
    "The cryptographic library refuses an algorithm that Sealgate needs; check its "
    "configuration (FIPS mode, disabled providers)."};

}  // namespace sealgate::engine::cms
