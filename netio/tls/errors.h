// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace sealgate::netio {

inline constexpr ErrorKind kTlsContextUnavailable{
    ErrorClass::Misconfigured, "netio.tls_context_unavailable",
    "OpenSSL cannot set up TLS 1.2 or later; check the system's OpenSSL configuration."};
inline constexpr ErrorKind kTlsTrustUnreadable{
    ErrorClass::Misconfigured, "netio.tls_trust_unreadable",
    "The CA file of a route cannot be read as PEM certificates; correct `tls_ca_file`."};
inline constexpr ErrorKind kTlsHandshakeFailed{
    ErrorClass::Unavailable, "netio.tls_handshake_failed",
    "The TLS handshake with a next hop failed; check its TLS versions, ciphers and certificate."};
inline constexpr ErrorKind kTlsPeerUnverified{
    ErrorClass::Unavailable, "netio.tls_peer_unverified",
    "The certificate of a next hop does not verify for its name; correct the certificate, the "
    "name of the route or `tls_ca_file`."};
inline constexpr ErrorKind kTlsBroken{
    ErrorClass::Unavailable, "netio.tls_broken",
    "A next hop broke the TLS protocol or closed without saying so."};

}  // namespace sealgate::netio
