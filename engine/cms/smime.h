// SPDX-License-Identifier: Apache-2.0
//
// The MIME around CMS (RFC 8551, 3.2 to 3.5). An entity is its fields, an empty line and its
// body; these functions give the fields without the empty line, so that the caller can put
// them into a message header or into an inner entity.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/segment.h"
#include "engine/cms/digest.h"
#include "engine/cms/enveloped_data.h"

namespace sealgate::engine::cms {

enum class SmimeType : std::uint8_t { SignedData, EnvelopedData, AuthEnvelopedData };

constexpr SmimeType smime_type_of(ContentCipher cipher) {
  return is_authenticated(cipher) ? SmimeType::AuthEnvelopedData : SmimeType::EnvelopedData;
}

// A boundary with 150 random bits: it does not occur in content that was there before it, so
// nobody has to search for it.
std::string make_boundary(RandomSource& random);

// Content-Type of multipart/signed.
std::string clear_signed_fields(DigestAlgorithm digest, std::string_view boundary);

// The body of multipart/signed: `entity` byte for byte as it was hashed, in its own slices,
// then the signature part smime.p7s. Fails with kSegmentsExhausted.
Result<void> write_clear_signed_body(ChainWriter& writer, std::string_view boundary,
                                     const Chain& entity, ByteView signed_data);

// Content-Type, Content-Transfer-Encoding and Content-Disposition of application/pkcs7-mime. Its
// body is what OpaqueSigner or EnvelopeSealer gave.
std::string_view pkcs7_fields(SmimeType type);

}  // namespace sealgate::engine::cms
