// SPDX-License-Identifier: Apache-2.0
//
// Certificates and revocation lists as they stand in files: one in DER, or any number in PEM. A
// line "Sealgate-Address: bob@example.org" (or "@example.org") before a PEM block binds the
// certificate that follows to that address; RFC 7468, 2 allows such text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/problem.h"
#include "base/bytes.h"

namespace sealgate::app {

struct StoredCertificate {
  Bytes der;
  std::string address;  // "" where the operator bound it to none.
};

// All certificates in `content`, in their order; other PEM blocks are passed over, but a private
// key is a problem: it must not be here. A file without certificate is a problem too.
std::vector<StoredCertificate> read_certificates(std::string_view content, const std::string& file,
                                                 Problems& problems);

// All CRLs in `content`, DER. A file without one is a problem.
std::vector<Bytes> read_revocation_lists(std::string_view content, const std::string& file,
                                         Problems& problems);

// One PEM block with 64-column lines, as RFC 7468, 2 has it.
std::string to_pem(ByteView der, std::string_view label);

}  // namespace sealgate::app
