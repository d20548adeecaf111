// SPDX-License-Identifier: Apache-2.0
//
// A certificate, parsed once and never changed: decoding costs more than sealing a small
// message. A certificate that is well-formed but unfit (weak key, wrong usage, malformed
// address) parses; selection.h says why it is not used.
//
// Threading: immutable; may be read from any thread. Views live as long as the certificate.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/rsa_strength.h"
#include "hsm/api/key_operation.h"

namespace sealgate::engine::trust {

using Sha256 = std::array<std::uint8_t, 32>;

// Unsupported: another algorithm or curve, or parameters we do not take.
enum class KeyKind : std::uint8_t { Rsa, P256, P384, P521, X25519, Ed25519, Unsupported };

bool is_elliptic(KeyKind kind);

// RFC 5280, 4.2.1.3. All true where the certificate has no such extension.
struct KeyUsage {
  bool is_present = false;
  bool digital_signature = true;
  bool non_repudiation = true;
  bool key_encipherment = true;
  bool key_agreement = true;
  bool encipher_only = false;
  bool decipher_only = false;
  bool certificate_sign = true;
  bool crl_sign = true;
};

// RFC 5280, 4.2.1.12, as far as mail is concerned.
enum class MailUsage : std::uint8_t {
  Absent,  // No such extension: any purpose.
  Email,   // emailProtection or anyExtendedKeyUsage is among them.
  Other,   // Only other purposes: not for mail.
};

class Certificate {
 public:
  // Fails with kCertificateTooLarge (kCertificateBytesMax), kCertificateMalformed (also for
  // bytes after it) or kCertificateExtensionMalformed.
  static Result<std::shared_ptr<const Certificate>> parse(ByteView der);

  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate();

  ByteView der() const { return der_; }
  const Sha256& sha256() const { return sha256_; }             // Of the whole certificate.
  const hsm::KeyId& key_id() const { return key_id_; }         // Of its SubjectPublicKeyInfo.
  ByteView issuer_der() const { return issuer_der_; }          // The Name, with tag and length.
  ByteView subject_der() const { return subject_der_; }        // The Name, with tag and length.
  ByteView serial_der() const { return serial_der_; }          // The INTEGER, with tag and length.
  ByteView public_key_der() const { return public_key_der_; }  // The SubjectPublicKeyInfo.
  // The subjectKeyIdentifier's octets; none where the extension is absent.
  const std::optional<Bytes>& subject_key_id() const { return subject_key_id_; }

  // In normal form (address.h): rfc822Name and SmtpUTF8Mailbox (RFC 9598) of the SAN; the
  // subject's emailAddress only where the SAN holds neither (RFC 8550, 3). Malformed ones are
  // not here but counted.
  const std::vector<std::string>& addresses() const { return addresses_; }
  std::size_t malformed_addresses() const { return malformed_addresses_; }

  WallTime not_before() const { return not_before_; }
  WallTime not_after() const { return not_after_; }  // The last second it is valid.
  bool is_valid_at(WallTime at) const { return not_before_ <= at && at <= not_after_; }

  const KeyUsage& key_usage() const { return key_usage_; }
  MailUsage mail_usage() const { return mail_usage_; }
  bool is_authority() const { return is_authority_; }  // basicConstraints says CA.

  KeyKind key_kind() const { return key_kind_; }
  std::size_t key_bits() const { return key_bits_; }
  // The key is id-RSASSA-PSS (RFC 4055): signs with PSS only, never takes key transport.
  bool is_pss_key() const { return is_pss_key_; }
  // RSA of 2048 to 8192 bits; any other key of a supported kind.
  bool has_fit_length() const;
  // None for keys that are not RSA. All in all a key is judged by weak_key.h.
  RsaFault rsa_fault() const { return rsa_fault_; }

  // RFC 4262: the SMIMECapabilities extension's value (a DER SEQUENCE); empty where absent.
  ByteView capabilities_der() const { return capabilities_der_; }

  // For people: printable UTF-8, cut at 400 octets.
  const std::string& subject_text() const { return subject_text_; }  // RFC 2253 form.
  const std::string& issuer_text() const { return issuer_text_; }
  const std::string& serial_text() const { return serial_text_; }  // Hexadecimal.
  // "serial 0a1b... of CN=Issuer", as explanations and audit records name a certificate.
  std::string name() const;

  // For OpenSSL calls that only read. Null where key_kind() is Unsupported.
  EVP_PKEY* public_key() const { return public_key_; }
  X509* x509() const { return x509_; }

 private:
  Certificate() = default;
  friend class CertificateReader;

  Bytes der_;
  X509* x509_ = nullptr;            // Owned.
  EVP_PKEY* public_key_ = nullptr;  // Owned by x509_.
  Sha256 sha256_{};
  hsm::KeyId key_id_;
  Bytes issuer_der_;
  Bytes subject_der_;
  Bytes serial_der_;
  Bytes public_key_der_;
  Bytes capabilities_der_;
  std::optional<Bytes> subject_key_id_;
  std::vector<std::string> addresses_;
  std::size_t malformed_addresses_ = 0;
  WallTime not_before_{};
  WallTime not_after_{};
  KeyUsage key_usage_;
  MailUsage mail_usage_ = MailUsage::Absent;
  bool is_authority_ = false;
  KeyKind key_kind_ = KeyKind::Unsupported;
  std::size_t key_bits_ = 0;
  bool is_pss_key_ = false;
  RsaFault rsa_fault_ = RsaFault::None;
  std::string subject_text_;
  std::string issuer_text_;
  std::string serial_text_;
};

using CertificatePointer = std::shared_ptr<const Certificate>;

}  // namespace sealgate::engine::trust
