// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with certificates, revocation lists and trust stores.
// Error::detail() is the OpenSSL error code where there is one.
#pragma once

#include "base/error.h"

namespace sealgate::engine::trust {

inline constexpr ErrorKind kCertificateTooLarge{
    ErrorClass::InvalidInput, "trust.certificate_too_large",
    "The certificate is larger than 64 KiB; ask its owner for one without such extensions."};
inline constexpr ErrorKind kCertificateMalformed{
    ErrorClass::InvalidInput, "trust.certificate_malformed",
    "This is not a DER X.509 certificate; convert it with `openssl x509 -outform der`."};
inline constexpr ErrorKind kCertificateExtensionMalformed{
    ErrorClass::InvalidInput, "trust.certificate_extension_malformed",
    "An extension of the certificate is malformed or repeated; ask its owner for a correct one."};
inline constexpr ErrorKind kRevocationListTooLarge{
    ErrorClass::InvalidInput, "trust.revocation_list_too_large",
    "The revocation list is larger than 64 MiB; ask its issuer for partitioned lists."};
inline constexpr ErrorKind kRevocationListMalformed{
    ErrorClass::InvalidInput, "trust.revocation_list_malformed",
    "This is not a DER revocation list; convert it with `openssl crl -outform der`."};
inline constexpr ErrorKind kRevocationListNotSigned{
    ErrorClass::Refused, "trust.revocation_list_not_signed",
    "The revocation list is not signed by the issuer it names; fetch it again."};
inline constexpr ErrorKind kAddressMalformed{
    ErrorClass::InvalidInput, "trust.address_malformed",
    "This is not an e-mail address (local@domain) or a domain (@domain)."};
inline constexpr ErrorKind kCertificateWithoutAddress{
    ErrorClass::InvalidInput, "trust.certificate_without_address",
    "The certificate holds no usable e-mail address; bind it to one with `address`."};

}  // namespace sealgate::engine::trust
