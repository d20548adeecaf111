// SPDX-License-Identifier: Apache-2.0
//
// From the words of a policy profile to those of CMS, and their names for people.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/cms/capabilities.h"
#include "engine/cms/enveloped_data.h"
#include "engine/cms/signed_data.h"
#include "engine/policy/profile.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine {

cms::ContentCipher cipher_of(policy::Cipher cipher);
cms::KeyTransport transport_of(policy::RsaTransport transport);
cms::RecipientIdKind id_kind_of(policy::RecipientName name);

// Fails with cms::kSignerKeyUnsupported.
Result<cms::SignatureScheme> scheme_of(const trust::Certificate& signer,
                                       const policy::Profile& profile);

// What our signatures say we can open: what every token and every mail program behind us can.
cms::Capabilities announced_capabilities(const trust::Certificate& signer);

// "rsa-pkcs1-sha256", "ecdsa-sha256", "ed25519".
std::string signature_name(const trust::Certificate& signer, const policy::Profile& profile);

// "rsaes-pkcs1", "rsaes-oaep-sha256", "ecdh-p256".
std::string key_transport_name(const trust::Certificate& certificate,
                               policy::RsaTransport transport);

}  // namespace sealgate::engine
