// SPDX-License-Identifier: Apache-2.0
#include "engine/cms/certificate_id.h"

namespace sealgate::engine::cms {

void add_issuer_and_serial(DerWriter& writer, const trust::Certificate& certificate) {
  writer.begin(tag::kSequence);
  writer.add_encoded(certificate.issuer_der());
  writer.add_encoded(certificate.serial_der());
  writer.end();
}

}  // namespace sealgate::engine::cms
