// SPDX-License-Identifier: Apache-2.0
#include "engine/trust/certificate_reader.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "engine/trust/address.h"
#include "engine/trust/errors.h"
#include "engine/trust/name_text.h"
#include "engine/trust/openssl_error.h"

namespace sealgate::engine::trust {
namespace {

// More addresses than this in one certificate serve nobody but an attacker.
constexpr std::size_t kAddressesMax = 1000;

// The DER that `encode(nullptr-or-buffer)` writes, an i2d function bound to its object.
template <typename Encode>
Result<Bytes> encoded(Encode encode) {
  const int size = encode(nullptr);
  if (size <= 0) return openssl_error(kCertificateMalformed);
  Bytes bytes(static_cast<std::size_t>(size));
  std::uint8_t* end = bytes.data();
  if (encode(&end) != size) return openssl_error(kCertificateMalformed);
  return bytes;
}

Sha256 digest_of(ByteView bytes) {
  Sha256 digest{};
  SG_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
           1);
  return digest;
}

ByteView view_of(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// Where X509_get_ext_d2i found none: whether that is because it is absent.
Result<void> check_absent(int critical) {
  if (critical == -1) return {};
  return openssl_error(kCertificateExtensionMalformed);
}

KeyKind curve_of(const EVP_PKEY* key, X509* certificate) {
  // RFC 5480, 2.1.1: named curves only. Explicit parameters could imitate one.
  ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR* parameters = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, &parameters,
                         X509_get_X509_PUBKEY(certificate));
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(nullptr, &type, nullptr, parameters);
  if (type != V_ASN1_OBJECT) return KeyKind::Unsupported;

  char name[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof(name), &size) != 1) return KeyKind::Unsupported;
  switch (OBJ_sn2nid(name)) {
    case NID_X9_62_prime256v1:
      return KeyKind::P256;
    case NID_secp384r1:
      return KeyKind::P384;
    case NID_secp521r1:
      return KeyKind::P521;
    default:
      return KeyKind::Unsupported;
  }
}

KeyKind kind_of(const EVP_PKEY* key, X509* certificate) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return KeyKind::Rsa;
    case EVP_PKEY_EC:
      return curve_of(key, certificate);
    case EVP_PKEY_X25519:
      return KeyKind::X25519;
    case EVP_PKEY_ED25519:
      return KeyKind::Ed25519;
    default:
      return KeyKind::Unsupported;
  }
}

}  // namespace

Result<CertificatePointer> CertificateReader::read(ByteView der) {
  if (der.size() > kCertificateBytesMax) return kCertificateTooLarge;
  ERR_clear_error();
  const std::uint8_t* next = der.data();
  X509Owner x509(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  if (x509 == nullptr) return openssl_error(kCertificateMalformed);
  if (next != der.data() + der.size()) return kCertificateMalformed;

  std::shared_ptr<Certificate> certificate(new Certificate());
  certificate->der_.assign(der.begin(), der.end());
  certificate->sha256_ = digest_of(der);
  certificate->x509_ = x509.release();
  // Lets OpenSSL look at every extension once, here, instead of on a shard at first use.
  X509_check_purpose(certificate->x509_, -1, 0);
  ERR_clear_error();
  if ((X509_get_extension_flags(certificate->x509_) & EXFLAG_INVALID) != 0) {
    return kCertificateExtensionMalformed;
  }

  CertificateReader reader(*certificate);
  SG_TRY(reader.read_names());
  SG_TRY(reader.read_dates());
  SG_TRY(reader.read_public_key());
  SG_TRY(reader.read_usages());
  SG_TRY(reader.read_addresses());
  SG_TRY(reader.read_other_extensions());
  ERR_clear_error();
  return CertificatePointer(certificate);
}

Result<void> CertificateReader::read_names() {
  X509_NAME* issuer = X509_get_issuer_name(into_.x509_);
  X509_NAME* subject = X509_get_subject_name(into_.x509_);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(into_.x509_);
  into_.issuer_der_ = SG_TRY(encoded([&](std::uint8_t** to) { return i2d_X509_NAME(issuer, to); }));
  into_.subject_der_ =
      SG_TRY(encoded([&](std::uint8_t** to) { return i2d_X509_NAME(subject, to); }));
  into_.serial_der_ =
      SG_TRY(encoded([&](std::uint8_t** to) { return i2d_ASN1_INTEGER(serial, to); }));
  into_.issuer_text_ = name_text(issuer);
  into_.subject_text_ = name_text(subject);
  // RFC 5280, 4.1.2.2: 20 octets; a longer one is shown cut.
  constexpr std::size_t kSerialShownMax = 40;
  into_.serial_text_.clear();
  if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) into_.serial_text_.push_back('-');
  into_.serial_text_ += to_hex(view_of(serial)).substr(0, kSerialShownMax);
  return {};
}

Result<void> CertificateReader::read_dates() {
  const std::optional<WallTime> not_before = wall_time(X509_get0_notBefore(into_.x509_));
  const std::optional<WallTime> not_after = wall_time(X509_get0_notAfter(into_.x509_));
  if (!not_before || !not_after) return kCertificateMalformed;
  into_.not_before_ = *not_before;
  into_.not_after_ = *not_after;
  return {};
}

Result<void> CertificateReader::read_public_key() {
  X509_PUBKEY* spki = X509_get_X509_PUBKEY(into_.x509_);
  into_.public_key_der_ =
      SG_TRY(encoded([&](std::uint8_t** to) { return i2d_X509_PUBKEY(spki, to); }));
  into_.key_id_.digest = digest_of(into_.public_key_der_);
  EVP_PKEY* key = X509_get0_pubkey(into_.x509_);
  if (key == nullptr) {
    ERR_clear_error();
    return {};  // KeyKind::Unsupported: well-formed, but not for us.
  }
  into_.key_kind_ = kind_of(key, into_.x509_);
  into_.key_bits_ = static_cast<std::size_t>(std::max(0, EVP_PKEY_get_bits(key)));
  into_.is_pss_key_ = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
  if (into_.key_kind_ != KeyKind::Unsupported) into_.public_key_ = key;
  if (into_.key_kind_ == KeyKind::Rsa) into_.rsa_fault_ = rsa_fault(key);
  return {};
}

Result<void> CertificateReader::read_usages() {
  int critical = 0;
  const BitStringOwner usage(static_cast<ASN1_BIT_STRING*>(
      X509_get_ext_d2i(into_.x509_, NID_key_usage, &critical, nullptr)));
  if (usage == nullptr) {
    SG_TRY(check_absent(critical));
  } else {
    const auto has = [&](int bit) { return ASN1_BIT_STRING_get_bit(usage.get(), bit) == 1; };
    into_.key_usage_ = {.is_present = true,
                        .digital_signature = has(0),
                        .non_repudiation = has(1),
                        .key_encipherment = has(2),
                        .key_agreement = has(4),
                        .encipher_only = has(7),
                        .decipher_only = has(8),
                        .certificate_sign = has(5),
                        .crl_sign = has(6)};
  }

  const UsagesOwner purposes(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(into_.x509_, NID_ext_key_usage, &critical, nullptr)));
  if (purposes == nullptr) return check_absent(critical);
  into_.mail_usage_ = MailUsage::Other;
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i) {
    const int purpose = OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes.get(), i));
    if (purpose == NID_email_protect || purpose == NID_anyExtendedKeyUsage) {
      into_.mail_usage_ = MailUsage::Email;
    }
  }
  return {};
}

void CertificateReader::take_address(std::string_view raw, bool is_rfc822_name) {
  const NameForm form = is_rfc822_name ? NameForm::Rfc822Name : NameForm::SmtpUtf8Mailbox;
  const Result<std::string> address = certificate_address(raw, form);
  std::vector<std::string>& known = into_.addresses_;
  if (!address || known.size() >= kAddressesMax) {
    ++into_.malformed_addresses_;
  } else if (std::find(known.begin(), known.end(), address.value()) == known.end()) {
    known.push_back(address.value());
  }
}

Result<void> CertificateReader::read_addresses() {
  int critical = 0;
  const GeneralNamesOwner names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(into_.x509_, NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr) {
    SG_TRY(check_absent(critical));
    return read_subject_address();
  }
  bool has_address = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    const void* content = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_EMAIL) {
      has_address = true;
      take_address(as_text(view_of(static_cast<const ASN1_STRING*>(content))), true);
    } else if (type == GEN_OTHERNAME) {
      const auto* other = static_cast<const OTHERNAME*>(content);
      if (OBJ_obj2nid(other->type_id) != NID_id_on_SmtpUTF8Mailbox) continue;
      has_address = true;
      if (other->value->type == V_ASN1_UTF8STRING) {
        take_address(as_text(view_of(other->value->value.utf8string)), false);
      } else {
        ++into_.malformed_addresses_;
      }
    }
  }
  return has_address ? Result<void>() : read_subject_address();
}

Result<void> CertificateReader::read_subject_address() {
  const X509_NAME* subject = X509_get_subject_name(into_.x509_);
  int index = -1;
  while ((index = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, index)) >= 0) {
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
    // RFC 5280, 4.1.2.6: an IA5String, nothing wider.
    if (ASN1_STRING_type(value) == V_ASN1_IA5STRING) {
      take_address(as_text(view_of(value)), true);
    } else {
      ++into_.malformed_addresses_;
    }
  }
  return {};
}

Result<void> CertificateReader::read_other_extensions() {
  into_.is_authority_ = X509_check_ca(into_.x509_) == 1;
  if (const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(into_.x509_)) {
    const ByteView octets = view_of(id);
    into_.subject_key_id_.emplace(octets.begin(), octets.end());
  }
  const int index = X509_get_ext_by_NID(into_.x509_, NID_SMIMECapabilities, -1);
  if (index >= 0) {
    const ByteView value = view_of(X509_EXTENSION_get_data(X509_get_ext(into_.x509_, index)));
    into_.capabilities_der_.assign(value.begin(), value.end());
  }
  return {};
}

}  // namespace sealgate::engine::trust
