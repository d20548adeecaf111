// SPDX-License-Identifier: Apache-2.0
//
// How CMS names a certificate (RFC 5652, 10.2.4).
#pragma once

#include "engine/cms/der_writer.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::cms {

// IssuerAndSerialNumber.
void add_issuer_and_serial(DerWriter& writer, const trust::Certificate& certificate);

}  // namespace sealgate::engine::cms
