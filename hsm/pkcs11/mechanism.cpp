// SPDX-License-Identifier: Apache-2.0
#include "hsm/pkcs11/mechanism.h"

#include <array>

#include "base/check.h"

namespace sealgate::hsm {
namespace {

using enum Mechanism;
using enum KeyAction;

constexpr std::array kForms = {
    MechanismForm{RsaPkcs1Sha256, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS, 32, 0, 0},
    MechanismForm{RsaPkcs1Sha384, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS, 48, 0, 0},
    MechanismForm{RsaPkcs1Sha512, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS, 64, 0, 0},
    MechanismForm{RsaPssSha256, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS_PSS, 32, CKM_SHA256,
                  CKG_MGF1_SHA256},
    MechanismForm{RsaPssSha384, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS_PSS, 48, CKM_SHA384,
                  CKG_MGF1_SHA384},
    MechanismForm{RsaPssSha512, SignDigest, KeyFamily::Rsa, CKM_RSA_PKCS_PSS, 64, CKM_SHA512,
                  CKG_MGF1_SHA512},
    MechanismForm{EcdsaSha256, SignDigest, KeyFamily::Ec, CKM_ECDSA, 32, 0, 0},
    MechanismForm{EcdsaSha384, SignDigest, KeyFamily::Ec, CKM_ECDSA, 48, 0, 0},
    MechanismForm{EcdsaSha512, SignDigest, KeyFamily::Ec, CKM_ECDSA, 64, 0, 0},
    MechanismForm{Ed25519, SignDigest, KeyFamily::Edwards, CKM_EDDSA, 0, 0, 0},
    MechanismForm{RsaPkcs1Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS, 0, 0, 0},
    MechanismForm{RsaOaepSha1Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS_OAEP, 0, CKM_SHA_1,
                  CKG_MGF1_SHA1},
    MechanismForm{RsaOaepSha256Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS_OAEP, 0,
                  CKM_SHA256, CKG_MGF1_SHA256},
    MechanismForm{RsaOaepSha384Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS_OAEP, 0,
                  CKM_SHA384, CKG_MGF1_SHA384},
    MechanismForm{RsaOaepSha512Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS_OAEP, 0,
                  CKM_SHA512, CKG_MGF1_SHA512},
    MechanismForm{RsaOaepSha256Mgf1Sha1Decrypt, DecryptKey, KeyFamily::Rsa, CKM_RSA_PKCS_OAEP, 0,
                  CKM_SHA256, CKG_MGF1_SHA1},
    MechanismForm{EcdhDerive, DeriveSecret, KeyFamily::Agreement, CKM_ECDH1_DERIVE, 0, 0, 0},
};

constexpr std::array<std::uint8_t, 19> kSha256Info = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                      0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                      0x01, 0x05, 0x00, 0x04, 0x20};
constexpr std::array<std::uint8_t, 19> kSha384Info = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                      0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                      0x02, 0x05, 0x00, 0x04, 0x30};
constexpr std::array<std::uint8_t, 19> kSha512Info = {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                      0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                      0x03, 0x05, 0x00, 0x04, 0x40};

constexpr std::size_t kScalarBytesMax = 66;  // P-521.

struct Integer {
  ByteView digits;  // Without leading zeros, but at least one byte.
  bool needs_zero;  // So that it does not read as negative.

  std::size_t size() const { return digits.size() + (needs_zero ? 1 : 0); }
};

Integer integer_of(ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == 0) big_endian = big_endian.subspan(1);
  return {big_endian, (big_endian.front() & 0x80U) != 0};
}

std::size_t write_integer(MutableBytes to, const Integer& integer) {
  std::size_t at = 0;
  to[at++] = 0x02;
  to[at++] = static_cast<std::uint8_t>(integer.size());
  if (integer.needs_zero) to[at++] = 0;
  copy_bytes(to.subspan(at), integer.digits);
  return at + integer.digits.size();
}

}  // namespace

const MechanismForm& form_of(Mechanism mechanism) {
  for (const MechanismForm& form : kForms) {
    if (form.mechanism == mechanism) return form;
  }
  SG_CHECK(false);
}

std::span<const MechanismForm> all_forms() {
  return kForms;
}

bool fits(KeyFamily family, KeyType type) {
  switch (type) {
    case KeyType::Rsa:
      return family == KeyFamily::Rsa;
    case KeyType::EcP256:
    case KeyType::EcP384:
    case KeyType::EcP521:
      return family == KeyFamily::Ec || family == KeyFamily::Agreement;
    case KeyType::Ed25519:
      return family == KeyFamily::Edwards;
    case KeyType::X25519:
      return family == KeyFamily::Agreement;
    case KeyType::Other:
      return false;
  }
  SG_CHECK(false);
}

MechanismCall::MechanismCall(const MechanismForm& form) : mechanism_{form.type, nullptr, 0} {
  if (form.type == CKM_RSA_PKCS_PSS) {
    pss_ = {form.hash, form.mgf, form.digest_bytes};
    mechanism_.pParameter = &pss_;
    mechanism_.ulParameterLen = sizeof pss_;
  }
  if (form.type == CKM_RSA_PKCS_OAEP) {
    // RFC 8017, A.2.1: the label is empty; it is still "specified".
    oaep_ = {form.hash, form.mgf, CKZ_DATA_SPECIFIED, nullptr, 0};
    mechanism_.pParameter = &oaep_;
    mechanism_.ulParameterLen = sizeof oaep_;
  }
}

ByteView digest_info_prefix(Mechanism mechanism) {
  if (mechanism == RsaPkcs1Sha256) return kSha256Info;
  if (mechanism == RsaPkcs1Sha384) return kSha384Info;
  if (mechanism == RsaPkcs1Sha512) return kSha512Info;
  return {};
}

std::size_t write_ecdsa_der(MutableBytes to, ByteView raw) {
  if (raw.empty() || raw.size() % 2 != 0 || raw.size() > 2 * kScalarBytesMax) return 0;
  const Integer r = integer_of(raw.first(raw.size() / 2));
  const Integer s = integer_of(raw.subspan(raw.size() / 2));
  const std::size_t content = 2 + r.size() + 2 + s.size();
  const std::size_t header = content < 0x80 ? 2 : 3;  // Two integers never reach 256 bytes.
  if (to.size() < header + content) return 0;
  to[0] = 0x30;
  if (header == 3) to[1] = 0x81;
  to[header - 1] = static_cast<std::uint8_t>(content);
  std::size_t at = header;
  at += write_integer(to.subspan(at), r);
  at += write_integer(to.subspan(at), s);
  return at;
}

}  // namespace sealgate::hsm
