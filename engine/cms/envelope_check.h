// SPDX-License-Identifier: Apache-2.0
//
// Looks at an encrypted object of ours once more, as a stranger would: is it encrypted, and to
// whom? Reads the bytes that will leave and nothing that the sealer remembers.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::cms {

// How much of the DER of an envelope holds its RecipientInfos for so many recipients: what
// recipients_fault() has to be given, or the whole object where that is shorter.
std::size_t envelope_head_bytes(std::size_t recipients);

// Why the ContentInfo that begins with `head` is not an EnvelopedData or AuthEnvelopedData to
// exactly these certificates, in any order; "" if it is. Static storage.
std::string_view recipients_fault(ByteView head,
                                  std::span<const trust::Certificate* const> certificates);

}  // namespace sealgate::engine::cms
