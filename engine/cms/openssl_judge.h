// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's CMS code as the judge of what we write. Only tests link it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/segment.h"
#include "engine/cms/test_identities.h"

namespace sealgate::engine::cms::testing {

// The content that a whole S/MIME entity (fields, empty line, body) signs, if the signature and
// the chain to root() hold.
std::optional<std::string> openssl_verify(const std::string& entity);

// What `recipient` can read of a whole S/MIME entity.
std::optional<std::string> openssl_decrypt(const std::string& entity, const Identity& recipient);

// "fields + empty line + body".
std::string entity_of(std::string_view fields, const Chain& body);

// The DER in the base64 body of `entity`.
Bytes der_of(const std::string& entity);

}  // namespace sealgate::engine::cms::testing
