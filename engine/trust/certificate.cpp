// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/certificate.h"

#include "engine/trust/certificate_reader.h"
#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {
constexpr std::size_t kRsaBitsMin = 2048;
// Larger keys cost more than a shard's turn, and kKeyInputBytesMax does not hold their output.
constexpr std::size_t kRsaBitsMax = 8192;
}  // namespace

bool is_elliptic(KeyKind kind) {
  switch (kind) {
    case KeyKind::P256:
    case KeyKind::P384:
    case KeyKind::P521:
    case KeyKind::X25519:
    case KeyKind::Ed25519:
      return true;
    case KeyKind::Rsa:
    case KeyKind::Unsupported:
      return false;
  }
  return false;
}

Result<CertificatePointer> Certificate::parse(ByteView der) {
  return CertificateReader::read(der);
}

Certificate::~Certificate() {
  X509_free(x509_);
}

bool Certificate::has_fit_length() const {
  if (key_kind_ == KeyKind::Rsa) return key_bits_ >= kRsaBitsMin && key_bits_ <= kRsaBitsMax;
  return key_kind_ != KeyKind::Unsupported;
}

std::string Certificate::name() const {
  return "serial " + serial_text_ + " of " + issuer_text_;
}

}  // namespace sealgate::engine::trust
