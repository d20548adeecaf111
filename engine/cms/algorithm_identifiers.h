// SPDX-License-Identifier: Apache-2.0
//
// AlgorithmIdentifiers with the parameters that the standards ask for.
#pragma once

#include "base/bytes.h"
#include "engine/cms/der_writer.h"
#include "engine/cms/digest.h"
#include "engine/cms/enveloped_data.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::cms {

// RFC 5754, 2: without parameters.
void add_digest_algorithm(DerWriter& writer, DigestAlgorithm digest);

// RFC 5754, 3; RFC 4055, 3; RFC 8419, 2. Requires: a mechanism that signs.
void add_signature_algorithm(DerWriter& writer, hsm::Mechanism mechanism);

// RFC 3370, 4.2.1; RFC 4055, 4.
void add_key_transport_algorithm(DerWriter& writer, KeyTransport transport);

// RFC 3565, 4.1 with the IV; RFC 5084, 3.2 with nonce and a tag of 16 bytes.
void add_content_algorithm(DerWriter& writer, ContentCipher cipher, ByteView iv);

// `{ oid }` without parameters.
void add_algorithm(DerWriter& writer, ByteView oid);

}  // namespace sealgate::engine::cms
