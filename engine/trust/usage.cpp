// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/usage.h"

namespace sealgate::engine::trust {

// RFC 8550, 4.4.2; for key agreement RFC 5480, 3 and RFC 8410, 5.
std::string key_usage_fault(const Certificate& certificate, Use use) {
  const KeyUsage& usage = certificate.key_usage();
  const KeyKind kind = certificate.key_kind();
  switch (use) {
    case Use::Sign:
      if (kind == KeyKind::X25519) return "an X25519 key cannot sign";
      if (usage.digital_signature || usage.non_repudiation) return "";
      return "its key usage allows neither digitalSignature nor nonRepudiation";
    case Use::Encrypt:
      if (kind == KeyKind::Ed25519) return "an Ed25519 key cannot encrypt";
      if (certificate.is_pss_key()) return "its RSA key is for PSS signatures only";
      if (kind == KeyKind::Rsa) {
        return usage.key_encipherment ? "" : "its key usage does not allow keyEncipherment";
      }
      if (usage.decipher_only) return "its key usage is decipherOnly";
      return usage.key_agreement ? "" : "its key usage does not allow keyAgreement";
  }
  return "";
}

std::string extended_usage_fault(const Certificate& certificate) {
  return certificate.mail_usage() == MailUsage::Other
             ? "its extended key usage does not allow emailProtection"
             : "";
}

}  // namespace sealgate::engine::trust
