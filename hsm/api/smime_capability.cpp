// SPDX-License-Identifier: Apache-2.0
#include "hsm/api/smime_capability.h"

#include <array>

namespace sealgate::hsm {
namespace {

struct Scheme {
  Mechanism mechanism;
  KeyType key_type;
  std::string_view name;
  std::string_view without;  // What the absence means.
};

using enum Mechanism;

constexpr std::string_view kNoRsaSign = "Use PSS or an ECDSA key for signing.";
constexpr std::string_view kNoPss = "Sign with PKCS#1 v1.5 or ECDSA.";
constexpr std::string_view kNoOaep = "Senders that use exactly this could not be read.";
constexpr std::string_view kNoEcdsa = "Sign with an RSA key.";

constexpr std::array kSchemes = {
    Scheme{RsaPkcs1Sha256, KeyType::Rsa, "sign RSA PKCS#1 v1.5 SHA-256", kNoRsaSign},
    Scheme{RsaPkcs1Sha384, KeyType::Rsa, "sign RSA PKCS#1 v1.5 SHA-384", kNoRsaSign},
    Scheme{RsaPkcs1Sha512, KeyType::Rsa, "sign RSA PKCS#1 v1.5 SHA-512", kNoRsaSign},
    Scheme{RsaPssSha256, KeyType::Rsa, "sign RSA-PSS SHA-256", kNoPss},
    Scheme{RsaPssSha384, KeyType::Rsa, "sign RSA-PSS SHA-384", kNoPss},
    Scheme{RsaPssSha512, KeyType::Rsa, "sign RSA-PSS SHA-512", kNoPss},
    Scheme{EcdsaSha256, KeyType::EcP256, "sign ECDSA P-256", kNoEcdsa},
    Scheme{EcdsaSha384, KeyType::EcP384, "sign ECDSA P-384", kNoEcdsa},
    Scheme{EcdsaSha512, KeyType::EcP521, "sign ECDSA P-521", kNoEcdsa},
    Scheme{Ed25519, KeyType::Ed25519, "sign Ed25519", "Few mail programs read it; ECDSA serves."},
    Scheme{RsaPkcs1Decrypt, KeyType::Rsa, "decrypt RSA PKCS#1 v1.5",
           "Most encrypted mail uses it and could not be opened with RSA keys."},
    Scheme{RsaOaepSha1Decrypt, KeyType::Rsa, "decrypt RSA OAEP SHA-1",
           "Senders that use OAEP could not be read."},
    Scheme{RsaOaepSha256Decrypt, KeyType::Rsa, "decrypt RSA OAEP SHA-256",
           "Do not announce OAEP with SHA-256 to partners; OAEP with SHA-1 is as safe."},
    Scheme{RsaOaepSha384Decrypt, KeyType::Rsa, "decrypt RSA OAEP SHA-384", kNoOaep},
    Scheme{RsaOaepSha512Decrypt, KeyType::Rsa, "decrypt RSA OAEP SHA-512", kNoOaep},
    Scheme{RsaOaepSha256Mgf1Sha1Decrypt, KeyType::Rsa, "decrypt RSA OAEP SHA-256 MGF1 SHA-1",
           kNoOaep},
    Scheme{EcdhDerive, KeyType::EcP256, "agree ECDH P-256", "Use an RSA key for encryption."},
    Scheme{EcdhDerive, KeyType::EcP384, "agree ECDH P-384", "Use an RSA key for encryption."},
    Scheme{EcdhDerive, KeyType::EcP521, "agree ECDH P-521", "Use an RSA key for encryption."},
    Scheme{EcdhDerive, KeyType::X25519, "agree X25519", "Few mail programs use it; P-256 serves."},
};

ProbeReport probe_of(const TokenReport& report, const Scheme& scheme) {
  for (const ProbeReport& probe : report.probes) {
    if (probe.mechanism == scheme.mechanism && probe.key_type == scheme.key_type) return probe;
  }
  return {.mechanism = scheme.mechanism,
          .key_type = scheme.key_type,
          .result = ProbeResult::NotListed,
          .detail = 0,
          .is_through_raw_rsa = false};
}

SmimeCapability capability_of(const Scheme& scheme, const ProbeReport& probe) {
  SmimeCapability made{.name = std::string(scheme.name),
                       .mechanism = scheme.mechanism,
                       .key_type = scheme.key_type,
                       .state = CapabilityState::Missing,
                       .sentence = {}};
  const std::string without(scheme.without);
  switch (probe.result) {
    case ProbeResult::NotListed:
      made.sentence = "The token does not offer it. " + without;
      break;
    case ProbeResult::NotProbed:
      made.state = CapabilityState::Listed;
      made.sentence = "The token lists it, but holds no " + std::string(name_of(scheme.key_type)) +
                      " key allowed to do it, so it was not tried.";
      break;
    case ProbeResult::Works:
      made.state = CapabilityState::Works;
      made.sentence = probe.is_through_raw_rsa
                          ? "Tried with a key of this token, through raw RSA; the result is right."
                          : "Tried with a key of this token; the result is right.";
      break;
    case ProbeResult::Refused:
      made.state = CapabilityState::Unusable;
      made.sentence = "The token lists it and refused it when tried. " + without;
      break;
    case ProbeResult::Wrong:
      made.state = CapabilityState::Unusable;
      made.sentence = "The token gave a wrong result: do not use it, and have it checked.";
      break;
  }
  return made;
}

}  // namespace

std::vector<SmimeCapability> smime_capabilities(const TokenReport& report) {
  std::vector<SmimeCapability> capabilities;
  for (const Scheme& scheme : kSchemes) {
    capabilities.push_back(capability_of(scheme, probe_of(report, scheme)));
  }
  return capabilities;
}

std::string_view name_of(Mechanism mechanism) {
  switch (mechanism) {
    case RsaPkcs1Sha256:
      return "rsa-pkcs1-sha256";
    case RsaPkcs1Sha384:
      return "rsa-pkcs1-sha384";
    case RsaPkcs1Sha512:
      return "rsa-pkcs1-sha512";
    case RsaPssSha256:
      return "rsa-pss-sha256";
    case RsaPssSha384:
      return "rsa-pss-sha384";
    case RsaPssSha512:
      return "rsa-pss-sha512";
    case EcdsaSha256:
      return "ecdsa-sha256";
    case EcdsaSha384:
      return "ecdsa-sha384";
    case EcdsaSha512:
      return "ecdsa-sha512";
    case Ed25519:
      return "ed25519";
    case RsaPkcs1Decrypt:
      return "rsa-pkcs1-decrypt";
    case RsaOaepSha1Decrypt:
      return "rsa-oaep-sha1-decrypt";
    case RsaOaepSha256Decrypt:
      return "rsa-oaep-sha256-decrypt";
    case RsaOaepSha384Decrypt:
      return "rsa-oaep-sha384-decrypt";
    case RsaOaepSha512Decrypt:
      return "rsa-oaep-sha512-decrypt";
    case RsaOaepSha256Mgf1Sha1Decrypt:
      return "rsa-oaep-sha256-mgf1-sha1-decrypt";
    case EcdhDerive:
      return "ecdh-derive";
  }
  return "unknown";
}

std::string_view name_of(CapabilityState state) {
  switch (state) {
    case CapabilityState::Works:
      return "works";
    case CapabilityState::Listed:
      return "listed";
    case CapabilityState::Missing:
      return "missing";
    case CapabilityState::Unusable:
      return "unusable";
  }
  return "unknown";
}

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::Rsa:
      return "RSA";
    case KeyType::EcP256:
      return "P-256";
    case KeyType::EcP384:
      return "P-384";
    case KeyType::EcP521:
      return "P-521";
    case KeyType::Ed25519:
      return "Ed25519";
    case KeyType::X25519:
      return "X25519";
    case KeyType::Other:
      return "other";
  }
  return "unknown";
}

}  // namespace sealgate::hsm
