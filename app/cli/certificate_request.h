// SPDX-License-Identifier: Apache-2.0
//
// PKCS#10 requests (RFC 2986) whose private key stays in the token.
#pragma once

#include <string>

#include "base/result.h"
#include "hsm/pkcs11/token.h"

namespace sealgate::app {

inline constexpr ErrorKind kRequestNotMade{
    ErrorClass::Misconfigured, "app.request_not_made",
    "The certificate request could not be made from this name, address and key."};

struct RequestSubject {
  std::string common_name;
  std::string organisation;  // "" for none.
  std::string address;       // In normal form.
};

// A DER request for a certificate that signs mail, signed in the token and verified. Fails with
// kRequestNotMade or as Token::sign_blocking() does.
Result<Bytes> make_signing_request(hsm::Token& token, const hsm::KeyReport& key,
                                   const RequestSubject& subject);

}  // namespace sealgate::app
