// SPDX-License-Identifier: Apache-2.0
//
// Fills a Certificate from its decoded form. Private to this folder.
#pragma once

#include "base/result.h"
#include "engine/trust/certificate.h"

namespace sealgate::engine::trust {

class CertificateReader {
 public:
  static Result<CertificatePointer> read(ByteView der);

 private:
  explicit CertificateReader(Certificate& into) : into_(into) {}

  Result<void> read_names();
  Result<void> read_dates();
  Result<void> read_public_key();
  Result<void> read_usages();
  Result<void> read_addresses();
  Result<void> read_other_extensions();
  Result<void> read_subject_address();
  void take_address(std::string_view raw, bool is_rfc822_name);

  Certificate& into_;
};

}  // namespace sealgate::engine::trust
