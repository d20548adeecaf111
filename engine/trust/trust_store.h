// SPDX-License-Identifier: Apache-2.0
//
// Judges certificates against trust anchors: RFC 5280 paths by OpenSSL with purpose S/MIME and
// 112-bit security, and revocation by the lists given. A verdict says nothing about the use of
// the certificate itself (key usage, address): selection.h does.
//
// Threading: immutable after create(); verify() may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/certificate.h"
#include "engine/trust/revocation_list.h"

namespace sealgate::engine::trust {

enum class ChainOutcome : std::uint8_t {
  Trusted,
  NotYetValid,  // The certificate itself.
  Expired,      // The certificate itself.
  Revoked,      // It or one above it is on a revocation list.
  NoTrustPath,  // Anything else: the reason says what.
};

struct ChainVerdict {
  ChainOutcome outcome = ChainOutcome::NoTrustPath;
  std::string reason;  // One sentence for people; "" where trusted and nothing is to be said.
  // From the certificate to the anchor, where a path was built. Owned by the store and by the
  // caller's own certificates: valid as long as both.
  std::vector<const Certificate*> chain;
  // While this holds, verify() would say the same. Both ends included.
  WallTime valid_from{};
  WallTime valid_until{};

  bool is_trusted() const { return outcome == ChainOutcome::Trusted; }
};

struct TrustStoreSource {
  std::vector<CertificatePointer> anchors;  // Self-signed or not: a path may end at any of them.
  std::vector<CertificatePointer> intermediates;
  std::vector<std::shared_ptr<const RevocationList>> revocation_lists;
};

class TrustStore {
 public:
  explicit TrustStore(TrustStoreSource source);
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

  // Judges `certificate` at `at`, taking intermediates from the store and from `extra` (at most
  // kCertificatesMax are looked at, nearest issuers first).
  ChainVerdict verify(const Certificate& certificate, std::span<const CertificatePointer> extra,
                      WallTime at) const;

  // SHA-256 over everything that verdicts depend on, in the order given.
  const Sha256& fingerprint() const { return fingerprint_; }

  const std::vector<CertificatePointer>& anchors() const { return source_.anchors; }

 private:
  struct Path;

  std::vector<const Certificate*> gather(const Certificate& certificate,
                                         std::span<const CertificatePointer> extra) const;
  void check_revocation(Path& path, WallTime at) const;

  TrustStoreSource source_;
  X509_STORE* store_ = nullptr;  // Owned; holds the anchors.
  std::multimap<std::string, const Certificate*, std::less<>> intermediates_;  // By subject DER.
  std::multimap<std::string, const RevocationList*, std::less<>> lists_;       // By issuer DER.
  std::map<const X509*, const Certificate*> known_;
  Sha256 fingerprint_{};
};

}  // namespace sealgate::engine::trust
