// SPDX-License-Identifier: Apache-2.0
//
// Opens what the pipeline has sealed with OpenSSL's own S/MIME code, layer by layer: an
// implementation that shares nothing with engine/cms and engine/mime.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/clock.h"

namespace sealgate::test_support {

struct OpenedMail {
  bool is_encrypted = false;
  bool is_signed = false;
  bool is_good = true;             // Every layer decrypted or verified.
  std::string problem;             // Of the first layer that did not.
  std::vector<std::string> names;  // Serial numbers (hexadecimal) in the RecipientInfos.
  std::string signer;              // Serial number of the signer's certificate.
  std::string header;              // The outermost header.
  std::string content;             // The innermost entity: fields, empty line, body.
};

struct OpenerKeys {
  Bytes authority;          // DER of the only trust anchor.
  EVP_PKEY* key = nullptr;  // For encrypted layers; may be null.
  Bytes certificate;        // DER; of `key`.
  WallTime at{};            // When signatures are judged.
};

OpenedMail open_mail(std::string_view message, const OpenerKeys& keys);

std::string serial_of(ByteView certificate_der);

}  // namespace sealgate::test_support
